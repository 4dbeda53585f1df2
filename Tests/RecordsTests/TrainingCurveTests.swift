// The curve of a training, there and back.
import Diagnostics
import JSONText
import Records
import Testing

@Suite("training curve")
struct TrainingCurveTests {
  private func records(_ text: String) throws -> [JSONValue] {
    try text.split(separator: "\n").map { try JSONValue(parsing: String($0), file: "t") }
  }

  @Test("the numbers of the records come back to the bit, whatever else the records hold")
  func roundTrip() throws {
    let steps = try records(
      "{\"step\":0,\"loss\":-1.6046192152785466e-17,\"note\":\"x\"}\n{\"step\":1,\"loss\":0.1,\"kl\":3e300}")
    let text = TrainingCurve.csv(steps)
    #expect(text == "kl,loss,step\n,-1.6046192152785466e-17,0\n3e+300,0.1,1\n")
    let curve = try TrainingCurve(cell: "avqa-s1", parsing: Array(text.utf8), file: TrainingCurve.file("avqa-s1"))
    #expect(curve.steps == [["step": 0, "loss": -1.6046192152785466e-17], ["step": 1, "loss": 0.1, "kl": 3e300]])
    #expect(TrainingCurve.csv([]).isEmpty)
  }

  @Test("a field that is no number is named")
  func refusal() {
    do throws(Diagnostic) {
      _ = try TrainingCurve(cell: "a", parsing: Array("step,loss\n0,much\n".utf8), file: "t.csv")
      Issue.record("'much' is no number")
    } catch { #expect("\(error)" == "t.csv:2: error: loss: 'much' is no number") }
  }
}
