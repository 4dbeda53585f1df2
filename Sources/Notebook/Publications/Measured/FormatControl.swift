// The control that the paper lacks: the untrained base, allowed to say nothing but an option. What it gains is format.

/// Fine-tuning against the control, for one model.
public struct FormatControl: Sendable, Hashable {
  /// The model as it is printed.
  public var title: String
  public var base: Measurement
  public var control: Measurement
  public var tuned: Measurement
  /// Fine-tuned less control, on the same questions; nil without outcomes.
  public var beyond: Comparison?

  /// - Parameter training: the data set of the fine-tuning that is compared.
  public init?(
    _ measured: Measurements, model: String, title: String, training: String, trainingAudio: Bool,
    benchmark: String,
    audio: Bool
  ) {
    let base = PublishedTable.Run(model: model, training: nil, trainingAudio: nil)
    let tuned = PublishedTable.Run(model: model, training: training, trainingAudio: trainingAudio)
    func measurement(_ run: PublishedTable.Run, _ mode: AnswerMode) -> Measurement? {
      measured.measurement(run, benchmark: benchmark, audio: audio, category: nil, decoding: mode)
    }
    guard let greedy = measurement(base, .greedy), let constrained = measurement(base, .constrained),
      let trained = measurement(tuned, .greedy)
    else { return nil }
    self.title = title
    self.base = greedy
    control = constrained
    self.tuned = trained
    if let first = measured.outcomes(tuned, benchmark: benchmark, audio: audio),
      let second = measured.outcomes(base, benchmark: benchmark, audio: audio, decoding: .constrained)
    {
      beyond = Comparison(first, second, category: nil)
    }
  }

  /// Both of the paper's models, fine-tuned on AVQA with audio, asked with audio: where the control was run.
  public static func all(_ measured: Measurements) -> [FormatControl] {
    [("qwen2-audio", "Qwen2-Audio"), ("qwen2.5-omni", "Qwen2.5-Omni")].compactMap { model, title in
      FormatControl(
        measured, model: model, title: title, training: "avqa", trainingAudio: true, benchmark: "mmau-mini",
        audio: true)
    }
  }

  /// One sentence, computed: how much of the gain the control has, and whether training shows more than that.
  public var sentence: String {
    let gain = 100 * (tuned.accuracy - base.accuracy)
    let format = 100 * (control.accuracy - base.accuracy)
    var text =
      "\(title): fine-tuning takes the base from \(base.printed.text) to \(tuned.printed.text) "
      + "(\(signed(points: gain)) points); holding the untrained base to the options alone takes it to "
      + "\(control.printed.text) (\(signed(points: format)))"
    guard let beyond else { return text + "; no paired outcomes tell the two apart." }
    text += "; fine-tuned less control is \(signed(points: 100 * beyond.difference)) points, 95 % interval "
    text +=
      "\(signed(points: 100 * beyond.interval.low)) to \(signed(points: 100 * beyond.interval.high)), exact "
    text += "paired p " + (probability(beyond.pValue).hasPrefix("<") ? "" : "= ") + probability(beyond.pValue)
    guard beyond.pValue < 0.05, beyond.isSameInEverySeed else {
      return text + ": a gain beyond format is not shown."
    }
    return text + (beyond.difference > 0 ? ": a gain beyond format." : ": less than format alone gives.")
  }
}
