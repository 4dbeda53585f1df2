// What memory is needed for, by part.
public import JSONText

/// Bytes that are in memory at once, of the processor or of a GPU.
public struct MemoryParts: Sendable, Hashable {
  /// The model that works: Float32 where it is trained, else as its file has it.
  public var weights = 0
  public var gradients = 0
  /// The optimiser's two.
  public var moments = 0
  /// The frozen model of the KL term, as its file has it.
  public var reference = 0
  /// What a pass keeps of its tokens, with completions of the usual length.
  public var rows = 0
  /// How much more that is where every completion is as long as it may be.
  public var moreRows = 0
  /// The program itself with its tables; of the small profiles, whose models are part of it, all there is.
  public var program = 0
  /// Of the above, what lies in files: it is read again where memory does not hold it.
  public var inFiles = 0

  public init() {}

  /// The program and all that is not told apart.
  public init(program: Int) { self.program = program }

  public var total: Int { weights + gradients + moments + reference + rows + program }
  /// What memory has to hold.
  public var needed: Int { total - inFiles }
  /// What a model and its training take, whatever its questions are.
  public var state: Int { weights + gradients + moments + reference }

  /// The parts that are not nothing, in words.
  public var list: [(name: String, byteCount: Int)] {
    [
      ("weights", weights), ("gradients", gradients), ("moments", moments), ("reference", reference), ("rows", rows),
      ("program", program),
    ].filter { $0.1 > 0 }
  }

  /// "149 GB for the model: weights 33 GB, gradients 33 GB, moments 66 GB, reference 17 GB; rows 4.5 GB".
  public var text: String {
    func words(_ names: Set<String>) -> String {
      list.filter { names.contains($0.name) && $0.byteCount * 200 >= total }
        .map { "\($0.name) \(byteText($0.byteCount))" }.joined(separator: ", ")
    }
    let model = words(["weights", "gradients", "moments", "reference"])
    let rest = words(["rows", "program"])
    let isTrained = gradients > 0
    return [isTrained ? "\(byteText(state)) for the model: \(model)" : model, rest].filter { !$0.isEmpty }
      .joined(separator: isTrained ? "; " : ", ")
  }

  public var json: JSONValue {
    .object(
      JSONObject(
        list.map { ($0.name, .integer($0.byteCount)) } + [
          ("total", .integer(total)), ("more_rows", .integer(moreRows)), ("in_files", .integer(inFiles)),
        ]))
  }
}

/// "312 MB", "4.2 GB": of 1000 bytes each step.
public func byteText(_ count: Int) -> String {
  let units = ["B", "kB", "MB", "GB", "TB"]
  var (value, unit) = (Double(count), 0)
  while value >= 999.5, unit + 1 < units.count {
    value /= 1000
    unit += 1
  }
  let isWhole = unit == 0 || value >= 9.95
  let tenths = (value * 10).rounded() / 10
  return (isWhole ? String(Int(value.rounded())) : "\(tenths)") + " " + units[unit]
}

/// Bytes, or numbers of them, that may be more than a whole number holds.
func whole(_ bytes: Double) -> Int { bytes.isFinite && bytes < 4e18 ? Int(max(bytes, 0)) : 4_000_000_000_000_000_000 }
