// The control that the paper lacks: the untrained base, allowed to say nothing but an option. What it gains is format.
internal import Records

/// Fine-tunings of one model against the control.
public struct FormatControl: Sendable, Hashable {
  /// One fine-tuning.
  public struct Tuning: Sendable, Hashable {
    /// "on AVQA with audio".
    public var name: String
    public var measurement: Measurement
    /// Fine-tuned less control, on the same questions; nil without outcomes.
    public var beyond: Comparison?
    /// Corrected over every fine-tuning of every model.
    public var pValue: Double
  }

  /// The model as it is printed.
  public var title: String
  /// The column in words: "asked with audio".
  public var asked: String
  public var base: Measurement
  public var control: Measurement
  public var tunings: [Tuning]

  /// Nil where base or control were not measured, or no fine-tuning was.
  private init?(
    _ measured: Measurements, _ model: PaperControl.Model, _ column: PublishedTable.Column, of table: PublishedTable
  ) {
    func measurement(_ run: PublishedTable.Run, _ mode: AnswerDecoding) -> Measurement? {
      measured.measurement(
        run, benchmark: column.benchmark, audio: column.audio, category: column.category, decoding: mode)
    }
    func outcomes(_ run: PublishedTable.Run, _ mode: AnswerDecoding) -> [[Outcome]]? {
      measured.outcomes(run, benchmark: column.benchmark, audio: column.audio, decoding: mode)
    }
    guard let run = table.row(model.base)?.run, let base = measurement(run, .greedy),
      let control = measurement(run, .constrained)
    else { return nil }
    let held = outcomes(run, .constrained)
    title = model.name
    asked = column.name
    self.base = base
    self.control = control
    tunings = model.tuned.compactMap { tuning in
      guard let run = table.row(tuning.row)?.run, let found = measurement(run, .greedy) else { return nil }
      let beyond = outcomes(run, .greedy).flatMap { outcomes in
        held.flatMap { Comparison(outcomes, $0, category: column.category) }
      }
      return Tuning(name: tuning.name, measurement: found, beyond: beyond, pValue: beyond?.pValue ?? 1)
    }
    guard !tunings.isEmpty else { return nil }
  }

  /// The models of a control, where it was run. All tests are corrected together.
  public static func all(_ control: PaperControl, of paper: PublishedPaper, _ measured: Measurements) -> [FormatControl] {
    guard let table = paper.table(control.table), let column = table.column(control.column) else { return [] }
    var controls = control.models.compactMap { FormatControl(measured, $0, column, of: table) }
    var adjusted = holmAdjusted(controls.flatMap(\.tunings).filter { $0.beyond != nil }.map(\.pValue))[...]
    for model in controls.indices {
      for tuning in controls[model].tunings.indices where controls[model].tunings[tuning].beyond != nil {
        controls[model].tunings[tuning].pValue = adjusted.popFirst() ?? 1
      }
    }
    return controls
  }

  /// One sentence, computed: what format alone is worth, and which fine-tunings show more than that.
  public var sentence: String {
    let format = signed(points: 100 * (control.accuracy - base.accuracy))
    let head =
      "\(title), \(asked): format alone, the untrained base held to the options, is worth \(format) points "
      + "(\(base.printed.text) to \(control.printed.text))"
    let verdicts = [
      ("a gain beyond it is shown by fine-tuning ", tunings.filter { $0.isDecided && $0.difference > 0 }),
      ("less than format alone gives is shown by fine-tuning ", tunings.filter { $0.isDecided && $0.difference < 0 }),
      ("no gain beyond it is shown by fine-tuning ", tunings.filter { !$0.isDecided }),
    ]
    let parts = verdicts.filter { !$0.1.isEmpty }.map { words, tunings in
      let join = words.hasPrefix("no ") ? ", nor " : ", and "
      return words + tunings.map { $0.words(base: base, control: control) }.joined(separator: join)
    }
    return ([head] + parts).joined(separator: "; ") + "."
  }
}

extension FormatControl.Tuning {
  var difference: Double { beyond?.difference ?? 0 }
  /// Significant after correction, and to the same side in every seed.
  var isDecided: Bool { pValue < ClaimReview.level && beyond?.isSameInEverySeed == true }

  /// "on AVQA with audio (70.1, a gain of +9.1 points of which format has 55 %; beyond it +4.1, 95 % interval …)".
  func words(base: Measurement, control: Measurement) -> String {
    let gain = measurement.accuracy - base.accuracy
    let share = (control.accuracy - base.accuracy) / gain
    var text = "\(name) (\(measurement.printed.text), \(signed(points: 100 * gain)) over the base"
    if gain > 0, share > 0, share <= 1 { text += ", of which format has \(fixed(100 * share, decimals: 0)) %" }
    guard let beyond else { return text + "; no outcomes on the same questions)" }
    let p = probability(pValue)
    text += "; beyond it \(signed(points: 100 * beyond.difference)), 95 % interval "
    text += "\(signed(points: 100 * beyond.interval.low)) to \(signed(points: 100 * beyond.interval.high)), "
    text += "paired p \(p.hasPrefix("<") ? "" : "= ")\(p)"
    if pValue < ClaimReview.level, !isDecided { text += ", not the same direction in every seed" }
    return text + ")"
  }
}
