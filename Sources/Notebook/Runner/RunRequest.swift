// What a run was given on its command line: written down once, used by everyone who names or repeats the run.
public import Experiments
internal import JSONText

/// The arguments of `repro run` for one experiment file.
public struct RunRequest: Sendable, Hashable {
  /// Where the experiment file is; absolute.
  public var file: String
  /// Nil where `--profile` was not given.
  public var profile: Profile?
  public var seed: Int?
  /// The values of `--set`, as they were typed.
  public var values: [String]
  public var threads: Int?
  /// `fast`; nil for canonical arithmetic.
  public var arithmetic: String?
  /// `cuda:1`; nil for the processor.
  public var device: String?
  /// `--states-in-place`.
  public var statesInPlace: Bool

  public init(
    file: String, profile: Profile? = nil, seed: Int? = nil, values: [String] = [], threads: Int? = nil,
    arithmetic: String? = nil, device: String? = nil, statesInPlace: Bool = false
  ) {
    self.file = file
    self.profile = profile
    self.seed = seed
    self.values = values
    self.threads = threads
    self.arithmetic = arithmetic
    self.device = device
    self.statesInPlace = statesInPlace
  }

  /// The values in the order in which they are applied.
  public var overrides: [Override] {
    let changes = values.map { text in
      // By scalars: a value may begin with a mark that Swift would join to the sign.
      let parts = text.unicodeScalars.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return Override(path: String(parts[0]), value: parts.count > 1 ? String(parts[1]) : "")
    }
    return changes + (seed.map { [Override(path: "seeds", value: "[\($0)]")] } ?? [])
  }

  /// The arguments behind `repro`.
  /// - Parameters:
  ///   - file: how the file is named from where one is.
  ///   - results: the folder of results; nil where it is the default.
  public func arguments(file: String, results: String?) -> [String] {
    var list = ["run", file.hasPrefix("-") ? "./" + file : file]
    if let profile { list += ["--profile", profile.rawValue] }
    if let seed { list += ["--seed", "\(seed)"] }
    for value in values { list += ["--set", value] }
    if let threads { list += ["--threads", "\(threads)"] }
    if let arithmetic { list += ["--arithmetic", arithmetic] }
    if let device { list += ["--device", device] }
    if statesInPlace { list.append("--states-in-place") }
    if let results { list += ["--results", results] }
    return list
  }

  var json: JSONValue {
    func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
    func number(_ number: Int?) -> JSONValue { number.map { .integer($0) } ?? .null }
    var object = JSONObject([
      ("file", .string(file)), ("profile", text(profile?.rawValue)), ("seed", number(seed)),
      ("set", .array(values.map { .string($0) })), ("threads", number(threads)), ("arithmetic", text(arithmetic)),
      ("device", text(device)),
    ])
    if statesInPlace { object["states_in_place"] = .boolean(true) }
    return .object(object)
  }

  init?(json: JSONValue?) {
    guard let json, let file = json["file"]?.string else { return nil }
    self.init(
      file: file, profile: json["profile"]?.string.flatMap(Profile.init(rawValue:)), seed: json["seed"]?.integer,
      values: (json["set"]?.array ?? []).compactMap(\.string), threads: json["threads"]?.integer,
      arithmetic: json["arithmetic"]?.string, device: json["device"]?.string, statesInPlace: json["states_in_place"]?.boolean ?? false)
  }
}
