// How long a plan's jobs will take, and how much memory: from work of the same kind that was timed on this machine, else
// from how fast this machine multiplies.
internal import Foundation
internal import Models
public import TensorCore

public struct RunEstimate: Sendable {
  public enum Basis: String, Sendable, Hashable {
    /// Known already: nothing to do.
    case known
    /// Work of the same kind, timed here.
    case timed
    /// The rate of products, measured just now, and the count of operations.
    case calibrated
  }

  public struct JobEstimate: Sendable, Hashable {
    public var seconds: Double
    /// Bytes.
    public var memory: Int
    public var basis: Basis
  }

  /// In the order of the plan's jobs.
  public private(set) var jobs: [JobEstimate] = []
  /// Operations a second of a product, where one was measured.
  public private(set) var productRate: Double?

  public var seconds: Double { jobs.reduce(0) { $0 + $1.seconds } }
  public var memory: Int { jobs.map(\.memory).max() ?? 0 }

  public init(_ plan: Plan, sources: DataSources, backend: any Backend) {
    let timings = Timings(sources.cache)
    var walk = MemoryWalk(plan.experiment, sources)
    for job in plan.jobs {
      if sources.cache.isDone(job.key) {
        jobs.append(JobEstimate(seconds: 0, memory: 0, basis: .known))
        continue
      }
      let kind = WorkKind(job, plan.experiment) { sources.questionCount($0) }
      let cost = WorkCost(kind, job, plan.experiment, sources)
      let memory = walk.next(job, cost)
      if let entry = timings.nearest(to: kind, threads: sources.threads, on: backend) {
        // More threads help less than in proportion; nothing better is known.
        let share = Double(entry.threads) / Double(max(sources.threads, 1))
        jobs.append(
          JobEstimate(
            seconds: entry.secondsPerUnit * Double(kind.unitCount) * share, memory: memory, basis: .timed))
        continue
      }
      if productRate == nil { productRate = Self.measureProducts(backend, threads: sources.threads) }
      jobs.append(
        JobEstimate(
          seconds: cost.operations * Double(kind.unitCount) / (productRate ?? 1), memory: memory, basis: .calibrated))
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
    let (start, began) = (processorSeconds, Date())
    let end = Date().addingTimeInterval(0.1)
    var count = 0
    repeat {
      backend.linear(x, weight: w, bias: nil, into: y)
      count += 1
    } while Date() < end
    backend.finish()
    let operations = 2 * Double(rows * width * width * count)
    guard backend.device == "processor" else { return operations / max(Date().timeIntervalSince(began), 1e-6) }
    let seconds = max(processorSeconds - start, 1e-6)
    let threadCount = Double(min(threads, ProcessInfo.processInfo.activeProcessorCount))
    return operations / seconds * threadCount
  }

  /// Seconds that all threads of this process have computed.
  private static var processorSeconds: Double {
    var time = timespec()
    guard unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
