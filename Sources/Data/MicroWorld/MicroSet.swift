// The names of the sets and where each lies: the real data sets' files and folders.

/// A set of the micro world. The raw value is the name experiments use.
public enum MicroSet: String, Sendable, Hashable, CaseIterable {
  case avqa
  case avqaGPT = "avqa-gpt"
  case vggsGPT = "vggs-gpt"
  case arcEasy = "arc-easy"
  case mmauMini = "mmau-mini"
  case mmauFull = "mmau-full"
  case mmauMiniRevised = "mmau-v05.15.25-mini"
  case mmauFullRevised = "mmau-v05.15.25-full"
  case mmar

  /// The folder of the set; sets with the same clips may share one.
  public var folder: String {
    switch self {
    case .avqa, .avqaGPT: "avqa"
    case .vggsGPT: "vggsound"
    case .arcEasy: "arc-easy"
    case .mmauMini, .mmauFull: "mmau"
    case .mmauMiniRevised, .mmauFullRevised: "mmau-v05.15.25"
    case .mmar: "mmar"
    }
  }

  /// The file of questions.
  public var file: String {
    switch self {
    case .avqa: "train_qa.json"
    case .avqaGPT, .vggsGPT: "train_qa_gpt.json"
    case .arcEasy: "ARC-Easy-Train.jsonl"
    case .mmauMini, .mmauMiniRevised: "mmau-test-mini.json"
    case .mmauFull, .mmauFullRevised: "mmau-test-full.json"
    case .mmar: "MMAR-meta.jsonl"
    }
  }

  /// The folder of clips within the set's folder.
  public var audioFolder: String {
    switch self {
    case .mmauMini, .mmauMiniRevised: "test-mini-audios"
    case .mmauFull, .mmauFullRevised: "test-full-audios"
    default: "audio"
    }
  }

  /// Whether models are asked it, and never trained on it.
  public var isBenchmark: Bool {
    switch self {
    case .mmauMini, .mmauFull, .mmauMiniRevised, .mmauFullRevised, .mmar: true
    case .avqa, .avqaGPT, .vggsGPT, .arcEasy: false
    }
  }

  /// The benchmark whose items this one revises.
  public var revises: MicroSet? {
    switch self {
    case .mmauMiniRevised: .mmauMini
    case .mmauFullRevised: .mmauFull
    default: nil
    }
  }
}
