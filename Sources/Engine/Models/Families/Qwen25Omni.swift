// Qwen2.5-Omni's thinker: clips as long as they are, attended over in windows, with computed positions.
//
// Source: the published files of Qwen/Qwen2.5-Omni-7B.

extension ModelFamily {
  static let qwen25Omni = ModelFamily(
    tower: "thinker.audio_tower.", decoder: "thinker.model.", towerNorm: "ln_post",
    projection: "thinker.audio_tower.proj", head: "thinker.lm_head.weight",
    spellings: [
      Spelling("thinker.", ""), Spelling("thinker.model.", "model.language_model."),
      Spelling("thinker.audio_tower.", "model.audio_tower."),
    ],
    hearingType: "qwen2_5_omni_thinker", standardChunkSeconds: 300, padsClips: false,
    clipMark: "<|audio_bos|><|AUDIO|><|audio_eos|>")
}
