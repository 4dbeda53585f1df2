// Work that cannot fit into a machine: told before it is begun, in a sentence with what to change.
public import Diagnostics

/// A cell that is to be run.
public struct PlannedWork: Sendable, Hashable {
  public var name: String
  public var forecast: Forecast
  /// Bytes of it that lie on disk already.
  public var there: Int

  public init(name: String, forecast: Forecast, there: Int = 0) {
    (self.name, self.forecast, self.there) = (name, forecast, there)
  }
}

extension Machine {
  /// What of work that is done one after another this machine has no room for; empty if all fits.
  public func shortfalls(_ work: [PlannedWork]) -> [Diagnostic] {
    [memoryShortfall(work), diskShortfall(work)].compactMap(\.self)
  }

  /// The first that needs the most.
  private func memoryShortfall(_ work: [PlannedWork]) -> Diagnostic? {
    // A GPU holds what is read from files too.
    func needed(_ parts: MemoryParts) -> Int { gpu == nil ? parts.needed : parts.total }
    let limit = gpu?.memory ?? memory
    guard let worst = work.max(by: { needed($0.forecast.memory) < needed($1.forecast.memory) }),
      needed(worst.forecast.memory) > limit
    else { return nil }
    let parts = worst.forecast.memory
    let others = work.count { needed($0.forecast.memory) > limit } - 1
    let place = gpu.map { "\($0.name) has \(byteText($0.memory))" } ?? "this machine has \(byteText(memory))"
    let more = others > 0 ? ", \(others) more cell\(others == 1 ? "" : "s") more than there is" : ""
    return Diagnostic(
      "needs about \(byteText(parts.total)) of memory (\(parts.text))\(more); \(place)", path: worst.name,
      hint: remedy(worst.forecast, missing: needed(parts) - limit), kind: .missing)
  }

  /// Settings that make it fit, or a larger machine.
  private func remedy(_ forecast: Forecast, missing: Int) -> String {
    var (saved, settings) = (0, [String]())
    for saving in forecast.savings where saved < missing {
      saved += saving.bytes
      settings.append(saving.setting)
    }
    let all = settings.map { "--set " + $0 }.joined(separator: " ")
    let device = gpu == nil ? "a machine" : "a GPU, or a machine,"
    let larger = "\(device) with more memory gives the same results"
    let anyway = "--anyway begins all the same"
    if settings.isEmpty { return "\(larger); \(anyway)" }
    let left = byteText(max(forecast.memory.total - saved, 0))
    return saved >= missing
      ? "\(all) needs \(left), which fits, and is another result; \(larger); \(anyway)"
      : "\(larger); even \(all), which is another result, needs \(left); \(anyway)"
  }

  /// Cells are kept, so that what each leaves lies beside what the next takes.
  private func diskShortfall(_ work: [PlannedWork]) -> Diagnostic? {
    guard let freeDisk else { return nil }
    var kept = 0
    var worst: (need: Int, work: PlannedWork, kept: Int)?
    for item in work {
      let need = kept + item.forecast.disk.atMost - item.there
      if need > worst?.need ?? 0 { worst = (need, item, kept) }
      kept += item.forecast.disk.kept - item.there
    }
    guard let worst, worst.need > freeDisk else { return nil }
    let disk = worst.work.forecast.disk
    var parts: [String] = []
    if worst.kept > 0 { parts.append("\(byteText(worst.kept)) of the cells before it") }
    if disk.state > 0 { parts.append("a state of \(byteText(disk.state))" + (disk.isStateTwice ? ", twice while it is replaced" : "")) }
    if disk.kept > 0 { parts.append("\(byteText(disk.kept)) in the end") }
    return Diagnostic(
      "needs about \(byteText(worst.need)) of disk (\(parts.joined(separator: ", "))); \(byteText(freeDisk)) are free in \(cache)",
      path: worst.work.name,
      hint: "REPRO_CACHE names a folder on another disk, repro clean frees this one" + diskRemedies(disk)
        + "; --anyway begins all the same", kind: .missing)
  }

  private func diskRemedies(_ disk: DiskNeed) -> String {
    guard disk.state > 0 else { return "" }
    let inPlace =
      "; --states-in-place needs \(byteText(disk.state)) less (a run that dies while a state is replaced makes its steps anew)"
    return (disk.isStateTwice ? inPlace : "")
      + "; --set grpo.moments=bfloat16 (a third less of a state) and --set precision.checkpoint=bfloat16 (half of what is "
      + "kept) are other results"
  }

  /// What can be run here, but slowly, because memory does not hold the files it is read from.
  public func remarks(_ work: [PlannedWork]) -> [String] {
    guard gpu == nil else { return [] }
    return work.filter { $0.forecast.memory.needed <= memory && $0.forecast.memory.total > memory }.prefix(1).map {
      "\($0.name): its weights lie in a file of \(byteText($0.forecast.memory.inFiles)) that memory "
        + "(\(byteText(memory))) does not hold; they will be read from disk again and again, which is slow"
    }
  }
}
