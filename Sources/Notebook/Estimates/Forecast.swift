// What a cell is expected to take, before it is begun; kept beside what it took.
public import JSONText

/// Seconds, memory and disk that a cell is expected to take.
public struct Forecast: Sendable, Hashable {
  /// What the seconds are reckoned from.
  public enum Basis: String, Sendable, Hashable {
    /// Known already: nothing to do.
    case known
    /// Work of the same kind, timed here.
    case timed
    /// The rate of products, measured just now, and the count of operations.
    case calibrated
  }

  /// Seconds of a step, a question or a base.
  public var secondsPerUnit: Double
  /// Steps or questions that are still to be done.
  public var units: Int
  public var memory: MemoryParts
  public var disk: DiskNeed
  public var basis: Basis
  /// How settings that are other results would make it need less memory, and how much less: the least change first.
  public var savings: [Saving]

  /// A setting that would need less memory; it is another result.
  public struct Saving: Sendable, Hashable {
    /// As it is given: "grpo.moments=bfloat16".
    public var setting: String
    public var bytes: Int

    public init(setting: String, bytes: Int) { (self.setting, self.bytes) = (setting, bytes) }
  }

  public init(
    secondsPerUnit: Double, units: Int, memory: MemoryParts, disk: DiskNeed, basis: Basis, savings: [Saving] = []
  ) {
    (self.secondsPerUnit, self.units, self.memory) = (secondsPerUnit, units, memory)
    (self.disk, self.basis, self.savings) = (disk, basis, savings)
  }

  /// Of a cell that is there.
  public static let known = Forecast(
    secondsPerUnit: 0, units: 0, memory: MemoryParts(), disk: .nothing, basis: .known)

  public var seconds: Double { secondsPerUnit * Double(units) }

  /// What is noted with a cell when it is finished.
  public var json: JSONValue {
    .object([
      "seconds_per_unit": .number(secondsPerUnit), "peak_memory": .integer(memory.total), "disk": .integer(disk.kept),
      "disk_at_most": .integer(disk.atMost), "basis": .string(basis.rawValue),
    ])
  }
}
