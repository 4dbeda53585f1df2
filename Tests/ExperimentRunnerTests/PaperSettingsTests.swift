// The paper's settings stand in its folder as data; the program's own table of them says the same.
import ExperimentRunner
import Publications
import TestSupport
import Testing

@Suite("A paper's settings")
struct PaperSettingsTests {
  @Test("every setting that the paper profile takes stands in the paper's folder, with its value and whether it is stated")
  func same() throws {
    let paper = try ProjectPapers.paper()
    let known = Dictionary(paper.settings.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    #expect(known.count == paper.settings.count)
    for setting in Experiment(name: "t", profile: .paper).settings {
      let own = try #require(known[setting.path], "\(setting.path)")
      let text = setting.value.hasPrefix("\"") ? String(setting.value.dropFirst().dropLast()) : setting.value
      #expect(own.value == text || (Double(own.value) != nil && Double(own.value) == Double(text)), "\(setting.path) \(text)")
      #expect((own.place != nil) == setting.isStated, "\(setting.path)")
    }
  }
}
