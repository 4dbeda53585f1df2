// `grid:` of an evaluation: factors with their levels, each combination of which is a cell of its own.
//
//     - evaluate:
//         {models: qwen2.5-omni, on: mmau-mini, audio: true}
//     becomes, with
//         grid:
//           scorer: [string_match, contains]
//           prompt.template: {paper: '{question} … {choices}', bare: '{question} {choices}'}
//     four evaluations, each with `levels: {scorer: contains, prompt.template: bare}` and the settings of that.
internal import Diagnostics
internal import YAMLNodes

extension Experiment {
  /// The cells of the grid that ends with a cell; empty where none does.
  public func gridSpread(upTo index: Int) -> [EvaluateCell] {
    func grid(_ index: Int) -> EvaluateCell? {
      guard cells.indices.contains(index), case .evaluate(let cell) = cells[index] else { return nil }
      return cell.levels.isEmpty ? nil : cell
    }
    guard let last = grid(index) else { return [] }
    func isSame(_ cell: EvaluateCell) -> Bool {
      let names = last.levels.map(\.factor)
      return cell.models == last.models && cell.levels.map(\.factor) == names
        && (cell.audio == last.audio || names.contains("audio"))
    }
    if let next = grid(index + 1), isSame(next) { return [] }
    let before = cells[...index].reversed().map { cell -> EvaluateCell? in
      if case .evaluate(let cell) = cell, isSame(cell) { cell } else { nil }
    }
    return before.prefix { $0 != nil }.compactMap(\.self).reversed()
  }
}

/// One factor at one of its levels.
public struct FactorLevel: Sendable, Hashable {
  /// The key that it sets, as the file has it: `scorer`, `prompt.template`, `on`.
  public var factor: String
  /// The name of the value.
  public var level: String
}

extension ExperimentBuilder {
  /// Keys of an evaluation itself that may be factors; all others belong to its `set`.
  private static let ownKeys = ["on", "decoding", "audio"]
  private static let mostCells = 256

  private struct Factor {
    var key: String
    var keyMark: SourceMark
    var levels: [(name: String, value: YAMLNode)]
  }

  /// The cells that a grid stands for, each as a node that can be read like one of the file; nil, with the mistakes
  /// reported, where the grid is faulty.
  func expanded(_ node: YAMLNode, path: String) -> [YAMLNode]? {
    guard let pairs = node.mapping, let grid = pairs.first(where: { $0.key == "grid" }) else { return nil }
    let before = mistakes.found.list.count
    guard let entries = grid.value.mapping, !entries.isEmpty else {
      mistakes.report(
        "\(grid.value.kindName) where factors with their levels are expected", at: grid.value.mark, path: path + ".grid",
        hint: "such as {scorer: [string_match, contains]}")
      return nil
    }
    let set = pairs.first { $0.key == "set" }?.value.mapping ?? []
    let factors = entries.map { entry -> Factor in
      let place = path + ".grid." + entry.key
      let others = Self.ownKeys.contains(entry.key) ? pairs : set
      // A default of the cell's own is no second value; `on` and `audio` have none.
      if others.contains(where: { $0.key == entry.key }) {
        mistakes.report("it is a factor of the grid, and has a value in the cell too", at: entry.keyMark, path: place)
      }
      return Factor(key: entry.key, keyMark: entry.keyMark, levels: levels(entry.value, place))
    }
    let count = factors.reduce(1) { min($0 * max($1.levels.count, 1), 1_000_000) }
    if count > Self.mostCells {
      mistakes.report(
        "its factors make \(count) cells; the limit is \(Self.mostCells)", at: grid.keyMark, path: path + ".grid")
    }
    guard mistakes.found.list.count == before else { return nil }
    let rest = pairs.filter { $0.key != "grid" && $0.key != "set" }
    return combinations(factors.map(\.levels.count)).map { chosen in
      cell(rest, set, factors, chosen, at: node.mark)
    }
  }

  /// A list of plain words, each its own name, or a mapping from names to values.
  private func levels(_ node: YAMLNode, _ path: String) -> [(name: String, value: YAMLNode)] {
    var levels: [(name: String, value: YAMLNode)] = []
    if let pairs = node.mapping {
      levels = pairs.map { ($0.key, $0.value) }
    } else if let nodes = node.sequence {
      levels = nodes.map { ($0.text ?? "", $0) }
    }
    if levels.count < 2 {
      mistakes.report("a factor has two levels or more", at: node.mark, path: path, hint: "a list, or names with their values")
    }
    for (index, level) in levels.enumerated() {
      if !Self.isName(level.name) {
        mistakes.report(
          level.name.isEmpty ? "\(level.value.kindName) as a level needs a name" : "'\(level.name.prefix(40))' is no name of a level",
          at: level.value.mark, path: path,
          hint: "name the levels with up to 32 letters, digits, '.', '_' and '-': {short: 'value', long: 'value'}")
      }
      if levels[..<index].contains(where: { $0.name == level.name }) {
        mistakes.report("the level '\(level.name)' is there twice", at: level.value.mark, path: path)
      }
    }
    return levels
  }

  /// Level names become parts of file names.
  static func isName(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count) && !text.hasPrefix(".")
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  /// Every way to take one of each; the last changes fastest.
  private func combinations(_ counts: [Int]) -> [[Int]] {
    counts.reduce([[]]) { lists, count in lists.flatMap { list in (0..<count).map { list + [$0] } } }
  }

  private func cell(
    _ rest: [YAMLNode.Pair], _ set: [YAMLNode.Pair], _ factors: [Factor], _ chosen: [Int], at mark: SourceMark
  ) -> YAMLNode {
    var (own, settings) = (rest, set)
    var names: [YAMLNode.Pair] = []
    for (factor, index) in zip(factors, chosen) {
      let level = factor.levels[index]
      let pair = YAMLNode.Pair(key: factor.key, keyMark: factor.keyMark, value: level.value)
      if Self.ownKeys.contains(factor.key) { own.append(pair) } else { settings.append(pair) }
      let name = YAMLNode(.scalar(level.name, isPlain: false), at: level.value.mark)
      names.append(YAMLNode.Pair(key: factor.key, keyMark: factor.keyMark, value: name))
    }
    if !settings.isEmpty {
      own.append(YAMLNode.Pair(key: "set", keyMark: mark, value: YAMLNode(.mapping(settings), at: mark)))
    }
    own.append(YAMLNode.Pair(key: "levels", keyMark: mark, value: YAMLNode(.mapping(names), at: mark)))
    return YAMLNode(.mapping(own), at: mark)
  }

  /// `levels:` of a cell of a grid, as a resolved file has it.
  func levels(_ cell: inout MappingReader, _ path: String) -> [FactorLevel] {
    guard let node = cell.node("levels") else { return [] }
    guard let pairs = node.mapping else {
      mistakes.report("\(node.kindName) where factors with their levels are expected", at: node.mark, path: path + ".levels")
      return []
    }
    return pairs.compactMap { pair in
      guard let level = pair.value.text, Self.isName(level) else {
        mistakes.report("\(pair.value.kindName) is no name of a level", at: pair.value.mark, path: path + ".levels." + pair.key)
        return nil
      }
      return FactorLevel(factor: pair.key, level: level)
    }
  }

  /// Reads each cell of a grid; a mistake that several of them have is told once.
  mutating func readGrid(_ nodes: [YAMLNode], _ read: (inout ExperimentBuilder, YAMLNode) -> Void) {
    let all = mistakes
    mistakes = MistakeCollector()
    for node in nodes { read(&self, node) }
    let found = mistakes.found.list
    mistakes = all
    for (index, mistake) in found.enumerated() where !found[..<index].contains(mistake) { all.report(mistake) }
  }
}
