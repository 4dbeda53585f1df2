// How a checkpoint says that answers are drawn: `generation_config.json`, with the library's defaults for what it leaves
// out.
//
// Source: transformers, `GenerationConfig`: `do_sample` false; where it is true, temperature 1, top_k 50, top_p 1; the
// penalty on repetition, 1 by default, acts in both cases.
public import Diagnostics
internal import Foundation
public import Generation
internal import JSONText

extension SamplingSettings {
  /// Reads `generation_config.json` of a checkpoint folder.
  /// - Throws: if it is not there, or a value is not of its range; all faulty values at once.
  public init(checkpoint folder: String) throws(Diagnostics) {
    let path = folder + "/generation_config.json"
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Diagnostics([
        Diagnostic(
          "there is no such file, which says how the checkpoint draws its answers", at: SourceMark(file: path),
          hint: "set evaluation.decoding to greedy or sampled", kind: .missing)
      ])
    }
    let json: JSONValue
    do throws(Diagnostic) { json = try JSONValue(parsing: Array(data), file: path) } catch { throw Diagnostics([error]) }
    guard json.object != nil else {
      throw Diagnostics([Diagnostic("an object is expected", at: SourceMark(file: path))])
    }
    var mistakes = Diagnostics()
    func report(_ fact: String, _ key: String) {
      mistakes.report(Diagnostic(fact, at: SourceMark(file: path), path: key))
    }
    func number(_ key: String, _ standard: Double, _ range: ClosedRange<Double>, _ words: String) -> Float {
      guard let value = json[key], value != .null else { return Float(standard) }
      guard let number = value.double, range.contains(number), Float(number) > 0 else {
        report("\(value.canonicalText) is no number \(words)", key)
        return Float(standard)
      }
      return Float(number)
    }
    var samples = false
    if let value = json["do_sample"], value != .null {
      if let truth = value.boolean { samples = truth } else {
        report("\(value.canonicalText) is neither true nor false", "do_sample")
      }
    }
    var topK = 50
    if let value = json["top_k"], value != .null {
      if let count = value.integer, (0...1_000_000).contains(count) { topK = count } else {
        report("\(value.canonicalText) is no whole number from 0 to 1000000", "top_k")
      }
    }
    let temperature = number("temperature", 1, 0...100, "above 0, up to 100")
    let topP = number("top_p", 1, 0...1, "above 0, up to 1")
    let penalty = number("repetition_penalty", 1, 0...100, "above 0, up to 100")
    try mistakes.throwIfAnyError()
    self =
      samples
      ? SamplingSettings(temperature: temperature, topK: topK, topP: topP, repetitionPenalty: penalty)
      : SamplingSettings(repetitionPenalty: penalty)
  }
}
