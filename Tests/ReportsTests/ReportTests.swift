import Foundation
import JSONText
import Publications
import Records
import Reports
import Testing

private func report() -> RunReport {
  let plot = LinePlot(
    title: "Reward", xLabel: "step", yLabel: "reward", series: [.init(name: "a<b>", values: [0, 0.5, 1])])
  return RunReport(
    title: "A run", summary: ["profile micro"],
    cells: [
      .init(note: "Prose first.\n"),
      .init(
        note: "", source: "train: {with: grpo}\n",
        outputs: [
          .text("done\n"), .markdown("| a |\n|:--|\n| 1 |\n"),
          .plot(name: "reward", svg: plot.svg, alternative: "Reward by step"),
        ]),
    ])
}

@Suite("Reports")
struct ReportTests {
  @Test("Markdown: prose, settings, outputs, in order")
  func markdown() {
    #expect(
      report().markdown == """
        # A run

        - profile micro

        Prose first.

        ```yaml
        train: {with: grpo}
        ```

        ```text
        done
        ```

        | a |
        |:--|
        | 1 |

        ![Reward by step](plots/reward.svg)

        """)
  }

  @Test("a fence is longer than any inside it")
  func fences() {
    let text = RunReport(title: "t", summary: [], cells: [.init(source: "a: ```` b")]).markdown
    #expect(text.contains("`````yaml\na: ```` b\n`````"))
  }

  @Test("the notebook is nbformat 4.5: ids, cell types, outputs as lines")
  func notebook() throws {
    let json = try JSONValue(parsing: report().notebook, file: "report.ipynb")
    #expect(json["nbformat"]?.integer == 4 && json["nbformat_minor"]?.integer == 5)
    let cells = try #require(json["cells"]?.array)
    #expect(cells.map { $0["cell_type"]?.string } == ["markdown", "markdown", "code"])
    #expect(cells.compactMap { $0["id"]?.string } == ["cell-0", "cell-1", "cell-2"])
    let outputs = try #require(cells.last?["outputs"]?.array)
    #expect(outputs.map { $0["output_type"]?.string } == ["stream", "display_data", "display_data"])
    #expect(outputs[0]["text"]?.array?.compactMap(\.string) == ["done\n"])
    #expect(outputs[2]["data"]?["image/svg+xml"]?.array?.first?.string?.hasPrefix("<svg ") == true)
    #expect(cells.last?["execution_count"]?.integer == 1)
  }

  @Test("every file is named once, plots included")
  func files() {
    #expect(report().files.map(\.path) == ["report.ipynb", "report.md", "plots/reward.svg"])
  }

  @Test("a plot is well-formed XML, escapes names, follows light and dark, and survives odd values")
  func plots() throws {
    let entry = IntervalPlot.Entry(
      label: "a & b", value: 60, interval: Interval(low: 57, high: 63), seeds: [59, 61], published: 68.6,
      kind: 0)
    var intervals = IntervalPlot(title: "Accuracy", entries: [entry])
    intervals.reference = ("chance", 25)
    let odd = LinePlot(
      title: "t", xLabel: "x", yLabel: "y", series: [.init(name: "n", values: [.nan, .infinity, 1])])
    let empty = LinePlot(title: "t", xLabel: "x", yLabel: "y", series: [])
    for svg in [
      report().plots[0].text, intervals.svg, odd.svg, empty.svg, IntervalPlot(title: "", entries: []).svg,
    ] {
      #expect(
        svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ") && svg.hasSuffix("</svg>\n"))
      #expect(svg.contains("prefers-color-scheme:dark") && !svg.contains("nan") && !svg.contains("inf"))
      #expect(svg.count { $0 == "<" } == svg.count { $0 == ">" })
    }
    #expect(intervals.svg.contains("a &amp; b") && report().plots[0].text.contains("a&lt;b&gt;"))
  }

  @Test("curves come from training records, smoothed in blocks")
  func curves() throws {
    let lines = (0..<80).map { "{\"step\":\($0),\"reward_mean\":\($0 < 40 ? 0 : 1),\"note\":\"x\"}" }.joined(
      separator: "\n")
    let curves = try TrainingCurve(cell: "avqa", parsing: Array(lines.utf8), file: "t.jsonl")
    #expect(curves.values("reward_mean").count == 80 && curves.values("missing").isEmpty)
    let plot = try #require(LinePlot([curves], key: "reward_mean", title: "Reward", label: "reward"))
    #expect(
      plot.series[0].points.count == 40 && plot.series[0].points[19].y == 0 && plot.series[0].points[20].y == 1)
    #expect(LinePlot([curves], key: "missing", title: "", label: "") == nil)
    do {
      _ = try TrainingCurve(cell: "a", parsing: Array("1".utf8), file: "t.jsonl")
      Issue.record("a number is no step")
    } catch { #expect("\(error)" == "t.jsonl:1: error: a step is an object") }
  }

  @Test("a results folder is read back: newest version, counts held against predictions")
  func folder() throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("reports-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    func write(_ path: String, _ text: String) throws {
      let url = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    let cell = ScoreCell(
      name: "base", run: .init(model: "qwen2-audio", training: nil, trainingAudio: nil), benchmark: "mmau-mini",
      audio: true, questionCount: 2, correctCount: 1)
    for version in ["v0009", "v0010", "v10000"] {
      try write("table4/micro/\(version)/scores.json", ScoreFile(tables: [4], cells: [cell]).json.indentedText)
    }
    try write("table4/micro/v10001/other.txt", "")
    let predictions = "{\"id\":\"a\",\"correct\":true}\n{\"id\":\"b\",\"correct\":false}\n"
    try write("table4/micro/v10000/predictions/base.jsonl", predictions)
    let runs = try ResultsFolder(path: root.path).newest(experiments: ["Experiments/table4.yaml"])
    #expect(runs.map(\.name) == ["table4/micro/v10000"] && runs[0].tables == [4])
    #expect(try runs[0].measurements().outcomes["base"]?.count == 2)
    try write("table4/micro/v10000/predictions/base.jsonl", predictions.replacing("false", with: "true"))
    func mistake(_ work: () throws -> Void) -> String {
      do {
        try work()
        return "none"
      } catch { return "\(error)" }
    }
    #expect(
      mistake { _ = try runs[0].measurements() }.hasSuffix(
        "base.jsonl: error: 2 of 2 are right, scores.json says 1 of 2"))
    #expect(
      mistake { _ = try ResultsFolder(path: root.path).newest(experiments: ["table9"]) }
        == "error: no results of 'table9' in \(root.path)\n  hint: repro run table9.yaml")
  }
}
