// Settings of `config.json` that change numbers and are not computed here, each refused by its name.
import Foundation
import JSONText
import Models
import TestSupport
import Testing

@Suite("A model's configuration")
struct ConfigurationTests {
  private let omni = """
    {"model_type": "qwen2_5_omni", "thinker_config": {"audio_config": {}, "text_config": {
      "rope_scaling": {"mrope_section": [16, 24, 24], "rope_type": "default", "type": "default"}, "rope_theta": 1000000.0,
      "use_sliding_window": false, "sliding_window": 32768}}}
    """
  private let audio = "{\"model_type\": \"qwen2_audio\", \"audio_config\": {}, \"text_config\": {\"rope_theta\": 10000.0}}"

  private func refusal(_ text: String) -> String? {
    TestSupport.refusal { try ModelConfiguration(json: try JSONValue(parsing: text, file: "c"), file: "c") }
  }

  @Test("what is published is read")
  func published() {
    #expect(refusal(omni) == nil)
    #expect(refusal(audio) == nil)
    for rope in ["null", "{}", "{\"type\": \"mrope\", \"mrope_section\": [16, 24, 24]}"] {
      #expect(refusal(audio.replacingOccurrences(of: "\"rope_theta\": 10000.0", with: "\"rope_scaling\": \(rope)")) == nil)
    }
    #expect(
      refusal(audio.replacingOccurrences(of: "\"rope_theta\": 10000.0", with: "\"layer_types\": [\"full_attention\"]")) == nil)
  }

  @Test(
    "other rotations, sliding windows and quantised weights are refused by name",
    arguments: [
      ("\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 4.0}", "rope_scaling.rope_type: 'yarn' is not supported"),
      ("\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}", "rope_scaling.type: 'linear' is not supported"),
      ("\"rope_scaling\": {\"type\": \"dynamic\", \"factor\": 2}", "rope_scaling.type: 'dynamic' is not supported"),
      ("\"rope_scaling\": 2", "rope_scaling: a whole number where an object is expected"),
      ("\"rope_parameters\": {\"rope_type\": \"llama3\", \"factor\": 8}", "rope_parameters.rope_type: 'llama3' is not supported"),
      (
        "\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 1}}",
        "rope_parameters.full_attention: rotations that differ between layers are not supported"
      ),
      ("\"partial_rotary_factor\": 0.5", "partial_rotary_factor: only 1 is supported"),
      ("\"layer_types\": [\"full_attention\", \"sliding_attention\"]", "layer_types[1]: 'sliding_attention' is not supported"),
      ("\"use_sliding_window\": true", "use_sliding_window: true is not supported"),
      ("\"quantization_config\": {\"quant_method\": \"awq\"}", "quantization_config: quantised weights (awq) are not supported"),
    ])
  func refused(_ setting: String, _ words: String) {
    for (text, old, path) in [
      (omni, "\"rope_theta\": 1000000.0", "thinker_config.text_config."), (audio, "\"rope_theta\": 10000.0", "text_config."),
    ] {
      // Where the published file says something else already, that goes.
      var text = text.replacingOccurrences(of: old, with: setting)
      if setting.contains("rope_scaling") || setting.contains("use_sliding") {
        text = text.replacingOccurrences(
          of: "\"rope_scaling\": {\"mrope_section\": [16, 24, 24], \"rope_type\": \"default\", \"type\": \"default\"}, ", with: "")
        text = text.replacingOccurrences(of: "\"use_sliding_window\": false, ", with: "")
      }
      let said = refusal(text) ?? "nothing"
      #expect(said.hasPrefix("c: error: \(path)\(words)"), "\(said)")
      #expect(said.split(separator: "\n").count == 1, "\(said)")
    }
  }

  @Test("weights that are quantised as a whole, and windows longer than the table of positions")
  func others() {
    let root = "{\"quantization_config\": {}, " + omni.dropFirst()
    #expect(refusal(root)?.hasPrefix("c: error: quantization_config: quantised weights are not supported") == true)
    let window = omni.replacingOccurrences(
      of: "\"audio_config\": {}", with: "\"audio_config\": {\"n_window\": 100, \"max_source_positions\": 99}")
    #expect(
      refusal(window) == "c: error: thinker_config.audio_config.n_window: 100 positions of a window are more than "
        + "max_source_positions, 99")
  }
}
