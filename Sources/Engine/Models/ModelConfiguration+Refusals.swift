// Settings of a configuration that would change numbers and that this engine does not compute: refused by name, for
// nobody could tell from the answers.
//
// Source: transformers `Qwen2Config`, `Qwen2_5OmniTextConfig`, `modeling_rope_utils`.
internal import Diagnostics
internal import JSONText

extension ConfigurationReader {
  /// Refuses what is in the sections of a model, and in the model's own.
  mutating func refuse(_ root: JSONValue, _ sections: [String]) {
    refuseQuantisation(root, "")
    for name in sections {
      guard let section = root[name], section.object != nil else { continue }
      refuseQuantisation(section, name + ".")
      if name == "text_config" { refuseDecoder(section, name + ".") }
    }
  }

  mutating func refuseQuantisation(_ object: JSONValue, _ path: String) {
    for key in ["quantization_config", "compression_config"] {
      guard let found = object[key], !found.isNull else { continue }
      let kind = found["quant_method"]?.string.map { " (\($0))" } ?? ""
      report(path + key, "quantised weights\(kind) are not supported; allowed: Float32, bfloat16 and half precision")
    }
  }

  private mutating func refuseDecoder(_ text: JSONValue, _ path: String) {
    if text["use_sliding_window"]?.boolean == true {
      report(path + "use_sliding_window", "true is not supported: attention here is over the whole prompt")
    }
    for (index, kind) in (text["layer_types"]?.array ?? []).enumerated() where kind.string != "full_attention" {
      report(
        path + "layer_types[\(index)]", "'\(kind.string ?? kind.kindName)' is not supported; allowed: full_attention")
      break
    }
    for key in ["rope_scaling", "rope_parameters"] { refuseRotation(text[key], path + key) }
    refuseFactor(text["partial_rotary_factor"], path + "partial_rotary_factor")
  }

  private mutating func refuseRotation(_ rope: JSONValue?, _ path: String) {
    guard let rope, !rope.isNull else { return }
    guard let object = rope.object else {
      report(path, "\(rope.kindName) where an object is expected")
      return
    }
    for key in ["rope_type", "type"] {
      guard let kind = object[key], !kind.isNull else { continue }
      // With sound and text alone the three axes of Omni's positions are equal, and `mrope` is the default.
      if ["default", "mrope"].contains(kind.string ?? "") { continue }
      report(
        path + "." + key,
        "'\(kind.string ?? kind.kindName)' is not supported: it turns positions by other angles; allowed: default, mrope")
    }
    refuseFactor(object["partial_rotary_factor"], path + ".partial_rotary_factor")
    for (key, value) in object.pairs where value.object != nil {
      report(path + "." + key, "rotations that differ between layers are not supported")
    }
  }

  private mutating func refuseFactor(_ factor: JSONValue?, _ path: String) {
    guard let factor, !factor.isNull, factor.double != 1 else { return }
    report(path, "only 1 is supported: every part of a head is turned")
  }
}
