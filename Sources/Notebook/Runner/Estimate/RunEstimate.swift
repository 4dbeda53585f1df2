// What a plan's jobs will take: time, memory, disk. From work of the same kind that was timed on this machine, else from
// how fast this machine multiplies.
internal import Catalogue
public import Estimates
internal import Experiments
internal import Foundation
internal import ResultStore
public import TensorCore

/// What each job of a plan will take, and all of them.
public struct RunEstimate: Sendable {
  /// In the order of the plan's jobs.
  public private(set) var jobs: [Forecast] = []
  /// What is to be run, as it is compared with a machine.
  public private(set) var work: [PlannedWork] = []
  /// Operations a second of a product, where one was measured.
  public private(set) var productRate: Double?

  public var seconds: Double { jobs.reduce(0) { $0 + $1.seconds } }
  /// Bytes of the job that takes the most.
  public var memory: Int { jobs.map(\.memory.total).max() ?? 0 }
  /// Bytes that will be kept.
  public var disk: Int { work.reduce(0) { $0 + $1.forecast.disk.kept } }

  public init(_ plan: Plan, sources: DataSources, backend: any Backend) {
    let timings = Timings(sources.cache)
    let models = KnownModels()
    var taken: Set<DataSet> = []
    var walk = MemoryWalk(plan.experiment, sources)
    for job in plan.jobs {
      let state = sources.cache.state(job.key)
      if state == .done || plan.isRescored(job) {
        jobs.append(.known)
        continue
      }
      let kind = WorkKind(job, plan.experiment) { sources.questionCount($0) }
      let isFirst = job.set.map { taken.insert($0).inserted } ?? false
      let cost = WorkCost(kind, job, plan, sources, models, makesSounds: isFirst)
      let memory = walk.next(job, cost)
      let units = max(kind.unitCount - (state == .begun ? sources.cache.journaledUnits(job.key) : 0), 0)
      var forecast = Forecast(
        secondsPerUnit: 0, units: units, memory: memory, disk: cost.disk, basis: .timed, savings: cost.savings)
      if let entry = timings.nearest(to: kind, threads: sources.threads, on: backend) {
        // More threads help less than in proportion; nothing better is known.
        forecast.secondsPerUnit = entry.secondsPerUnit * Double(entry.threads) / Double(max(sources.threads, 1))
      } else {
        if productRate == nil { productRate = Self.measureProducts(backend, threads: sources.threads) }
        forecast.secondsPerUnit = cost.operations / (productRate ?? 1)
        forecast.basis = .calibrated
      }
      jobs.append(forecast)
      // Published weights are there already.
      if case .base = job.work, plan.experiment.profile == .paper || job.weights != nil { continue }
      let there = state == .absent ? 0 : CellCache.byteCount(sources.cache.folder(job.key))
      work.append(PlannedWork(name: job.name, forecast: forecast, there: there))
    }
  }

  /// Operations a second of a product of the shape that decoders spend their time on. By the processors' time, not the
  /// clock's: what else this machine does now is not what it does later.
  private static func measureProducts(_ backend: any Backend, threads: Int) -> Double {
    let (rows, width) = (256, 512)
    let x = backend.empty([rows, width], .float32), w = backend.empty([width, width], .float32)
    let y = backend.empty([rows, width], .float32)
    backend.fill(x, with: 0.5)
    backend.fill(w, with: 0.25)
    backend.linear(x, weight: w, bias: nil, into: y)
    backend.finish()
    let (start, began) = (ProcessUse.processorSeconds, Date())
    let end = Date().addingTimeInterval(0.1)
    var count = 0
    repeat {
      backend.linear(x, weight: w, bias: nil, into: y)
      count += 1
    } while Date() < end
    backend.finish()
    let operations = 2 * Double(rows * width * width * count)
    guard backend.device == "processor" else { return operations / max(Date().timeIntervalSince(began), 1e-6) }
    let seconds = max(ProcessUse.processorSeconds - start, 1e-6)
    let threadCount = Double(min(threads, ProcessInfo.processInfo.activeProcessorCount))
    return operations / seconds * threadCount
  }
}
