// Qwen2-Audio: clips padded to 30 seconds, attended over whole, with a learned table of positions.
//
// Source: the published files of Qwen/Qwen2-Audio-7B-Instruct.

extension ModelFamily {
  static let qwen2Audio = ModelFamily(
    tower: "audio_tower.", decoder: "language_model.model.", towerNorm: "layer_norm",
    projection: "multi_modal_projector.linear", head: "language_model.lm_head.weight",
    spellings: [
      Spelling("language_model.lm_head.", "lm_head."), Spelling("language_model.model.", "model.language_model."),
      Spelling("audio_tower.", "model.audio_tower."), Spelling("multi_modal_projector.", "model.multi_modal_projector."),
    ],
    hearingType: "qwen2_audio", standardChunkSeconds: 30, padsClips: true,
    clipMark: "Audio {n}: <|audio_bos|><|AUDIO|><|audio_eos|>\n")
}
