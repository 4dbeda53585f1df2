// How the learning rate goes over the steps of a run.
internal import TensorCore

/// A learning rate over `stepCount` steps, the first being step 0.
///
///     warm-up   rate · s / w                              for s < w
///     linear    rate · (N - s) / (N - w)                  0 at s = N
///     cosine    rate · (1 + cos(π (s - w) / (N - w))) / 2
///
/// Source: transformers `get_linear_schedule_with_warmup`, `get_cosine_schedule_with_warmup`.
public struct LearningRate: Sendable, Hashable {
  /// The form of the curve behind the warm-up.
  public enum Schedule: String, Sendable, Hashable, CaseIterable { case constant, linear, cosine }

  /// The rate at the end of the warm-up.
  public var peak: Double
  public var schedule: Schedule
  /// w; 0 begins at the peak.
  public var warmUpSteps: Int
  /// N.
  public var stepCount: Int

  public init(peak: Double, schedule: Schedule = .linear, warmUpSteps: Int = 0, stepCount: Int) {
    self.peak = peak
    self.schedule = schedule
    self.warmUpSteps = warmUpSteps
    self.stepCount = stepCount
  }

  /// The rate of a step, counted from 0.
  public func rate(step: Int) -> Double {
    if step < warmUpSteps { return peak * Double(step) / Double(warmUpSteps) }
    let length = max(stepCount - warmUpSteps, 1)
    let done = Double(min(step - warmUpSteps, length)) / Double(length)
    switch schedule {
    case .constant: return peak
    case .linear: return peak * (1 - done)
    case .cosine: return peak * 0.5 * (1 + Canonical.cos(.pi * done))
    }
  }
}
