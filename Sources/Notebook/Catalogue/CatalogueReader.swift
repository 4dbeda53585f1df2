// Reading a file of the catalogue: all mistakes at once, each with its place.
internal import Diagnostics
internal import Foundation
internal import MicroWorld
internal import Models
internal import Questions
internal import YAMLNodes

struct CatalogueReader {
  let file: String
  let mistakes: MistakeCollector

  init(file: String, _ mistakes: MistakeCollector) {
    self.file = file
    self.mistakes = mistakes
  }

  private static let limit = 1 << 20

  func read(into models: inout [CatalogueModel], _ sets: inout [DataSet]) {
    do {
      let attributes = try FileManager.default.attributesOfItem(atPath: file)
      guard (attributes[.size] as? Int ?? 0) <= Self.limit, let data = FileManager.default.contents(atPath: file) else {
        return mistakes.report("cannot be read, or has more than 1 MB", at: SourceMark(file: file), path: "")
      }
      guard let root = try YAMLNode.parse(Array(data), file: file), var top = MappingReader(root, path: "", mistakes)
      else { return }
      for pair in top.entries("models") {
        if models.contains(where: { $0.name == pair.key }) { twice(pair, "models") }
        if let model = model(pair) { models.append(model) }
      }
      for pair in top.entries("sets") {
        if sets.contains(where: { $0.name == pair.key }) { twice(pair, "sets") }
        if let set = dataSet(pair) { sets.append(set) }
      }
      top.finish()
    } catch let error as Diagnostics {
      for mistake in error.list { mistakes.report(mistake) }
    } catch {
      mistakes.report("cannot be read", at: SourceMark(file: file), path: "")
    }
  }

  private func twice(_ pair: YAMLNode.Pair, _ section: String) {
    mistakes.report("there are two rows of the name '\(pair.key)'", at: pair.keyMark, path: section)
  }

  /// Names stand in file names of results.
  private func check(_ name: String, _ pair: YAMLNode.Pair, _ section: String) {
    let isName = !name.isEmpty && name.utf8.count <= 64 && name.unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || "._-".unicodeScalars.contains($0)
    } && name.first != "." && name.first != "-"
    if !isName {
      mistakes.report(
        "'\(name)' is no name: letters, digits, '.', '_' and '-', at most 64", at: pair.keyMark, path: section)
    }
  }

  private func model(_ pair: YAMLNode.Pair) -> CatalogueModel? {
    check(pair.key, pair, "models")
    guard var part = MappingReader(pair.value, path: "models." + pair.key, mistakes) else { return nil }
    _ = part.required("family")
    let family = part.choice("family", ModelArchitecture.self, "a family")
    let weights = part.requiredText("weights")
    var shape: CatalogueModel.Shape?
    if let node = part.node("shape"), var own = MappingReader(node, path: part.full("shape"), mistakes) {
      let layers = own.integer("layers", in: 1...1000), width = own.integer("width", in: 1...1_000_000)
      own.finish()
      if let layers, let width { shape = CatalogueModel.Shape(layers: layers, width: width) }
    }
    let standIn = part.choice("stand_in", CatalogueModel.StandIn.self, "a model of the micro world")
    if let standIn, let family, standIn.family != family {
      part.report("it is of the family \(standIn.family.rawValue), this model of \(family.rawValue)", "stand_in")
    }
    part.finish()
    guard let family else { return nil }
    return CatalogueModel(name: pair.key, family: family, weights: weights, shape: shape, standIn: standIn)
  }

  private func dataSet(_ pair: YAMLNode.Pair) -> DataSet? {
    check(pair.key, pair, "sets")
    guard var part = MappingReader(pair.value, path: "sets." + pair.key, mistakes) else { return nil }
    for key in ["role", "form", "files"] { _ = part.required(key) }
    let role = part.choice("role", DataSet.Role.self, "a role")
    let form = part.choice("form", DataForm.self, "a form of questions")
    let folder = path(part.requiredText("folder"), &part, "folder")
    let files = part.texts("files").map(\.text)
    let clips = part.text("clips").map { path($0, &part, "clips") }
    for name in files where name.contains("/") || name.isEmpty {
      part.report("'\(name)' is not the name of a file in its folder", "files")
    }
    let count = part.integer("questions", in: 1...100_000_000)
    let revision = part.choice("revision", MMAURevision.self, "a revision of MMAU")
    if revision != nil, let form, form != .mmau { part.report("only MMAU's form has revisions", "revision") }
    let isToldApart = part.boolean("told_apart") ?? false
    let source = part.text("source") ?? ""
    let published = part.list("published").enumerated().compactMap { index, node in
      publishedSource(node, path: part.full("published") + "[\(index + 1)]")
    }
    let byHand = part.texts("by_hand").map(\.text)
    let standIn = part.choice("stand_in", MicroSet.self, "a set of the micro world")
    if let standIn, let form, standIn.form != form {
      part.report("it has the form \(standIn.form.rawValue), this set \(form.rawValue)", "stand_in")
    }
    part.finish()
    guard let role, let form, !files.isEmpty else { return nil }
    return DataSet(
      name: pair.key, role: role, form: form, folder: folder, files: files, clips: clips, questionCount: count,
      revision: revision, isToldApart: isToldApart, source: source, published: published, byHand: byHand,
      standIn: standIn)
  }

  /// A path that stays below where it begins.
  private func path(_ text: String, _ part: inout MappingReader, _ key: String) -> String {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    if text.hasPrefix("/") || parts.contains("..") || parts.contains("") {
      part.report("'\(text)' does not stay below the folder of data sets", key)
    }
    return text
  }

  private func publishedSource(_ node: YAMLNode, path: String) -> PublishedSource? {
    guard var part = MappingReader(node, path: path, mistakes) else { return nil }
    let place = self.path(part.requiredText("path"), &part, "path")
    let address = part.requiredText("address")
    if !address.hasPrefix("https://") { part.report("an address begins with https://", "address") }
    let form = part.choice("form", DataForm.self, "a form of questions")
    let table = part.choice("table", SourceTable.Form.self, "a form of tables")
    if (form == nil) == (table == nil) {
      mistakes.report("a published file has a form or a table", at: node.mark, path: path)
    }
    let sha256 = part.text("sha256"), content = part.text("content")
    let count = part.integer("questions", in: 1...100_000_000)
    part.finish()
    guard let whole = form.map(PublishedSource.Form.questions) ?? table.map(PublishedSource.Form.table) else {
      return nil
    }
    return PublishedSource(path: place, address: address, form: whole, sha256: sha256, content: content, count: count)
  }
}
