// One training loop's step for every objective: gradients, the check that they are finite, the update.
//
//     prepared = prepare(examples)                  once a step: completions, what is encoded once
//     repeat updatesPerStep times:
//       loss  = accumulate(prepared)                adds ∂loss/∂w to the gradients, question by question
//       norm  = √Σ g²                               after the gradients that wait for the end of a pass
//       stop, gradients cleared, unless loss and norm are finite
//       w     = AdamW(w, g · min(1, maximum / norm))
public import Layers
public import Optimizers
public import TensorCore

/// What a step of training minimises.
public protocol TrainingObjective: AnyObject {
  associatedtype Example
  /// What is made once a step and lasts for all its updates.
  associatedtype Prepared
  /// What a step leaves behind: numbers, no times.
  associatedtype Record

  /// The parameters that are trained.
  var parameters: [Parameter] { get }
  var backend: any Backend { get }
  /// Updates made with what was prepared once.
  var updatesPerStep: Int { get }
  /// Gradients are scaled down to this global norm; 0 leaves them.
  var maximumGradientNorm: Double { get }

  /// What a failure names an example by.
  func name(of example: Example) -> String

  func prepare(step: Int, _ examples: [Example], _ phases: inout PhaseTimes) -> Prepared

  /// Adds the gradients of the step's loss to those of the parameters.
  /// - Returns: the loss, which may be NaN or infinite.
  func accumulate(_ prepared: inout Prepared, _ phases: inout PhaseTimes) -> Double

  /// Adds the gradients that wait for the end of a pass.
  func finishGradients()

  func clearGradients()

  func record(_ prepared: Prepared, step: Int, learningRate: Double, gradientNorm: Double) -> Record
}

extension TrainingObjective {
  public var updatesPerStep: Int { 1 }
}

/// A loss or a gradient norm was NaN or infinite: the step stopped before its update.
public struct NotFinite: Error, Sendable, Equatable, CustomStringConvertible {
  public var step: Int
  /// `loss` or `gradient norm`.
  public var what: String
  /// Ids of the questions of the step.
  public var questions: [String]

  public var description: String {
    "step \(step): the \(what) is not a finite number; questions of the step: " + questions.joined(separator: ", ")
  }
}

/// Makes the steps of one objective.
public final class Trainer<Objective: TrainingObjective> {
  public let objective: Objective
  public let optimizer: AdamW
  public let learningRate: LearningRate
  /// Wall-clock seconds of each phase of the last step; never part of a result.
  public private(set) var phases = PhaseTimes()

  /// - Precondition: every parameter of the objective has a gradient.
  public init(_ objective: Objective, optimizer: AdamWSettings = AdamWSettings(), learningRate: LearningRate) {
    self.objective = objective
    self.learningRate = learningRate
    self.optimizer = AdamW(objective.parameters, settings: optimizer, on: objective.backend)
  }

  /// Makes step `index` (counted from 0) on `examples`.
  /// - Returns: the record of the first update.
  /// - Throws: before an update is made. With several updates a step a later one may throw, when those before it have
  ///   been made: `optimizer.stepCount` then counts them.
  public func step(_ index: Int, _ examples: [Objective.Example]) throws(NotFinite) -> Objective.Record {
    phases = PhaseTimes()
    let rate = learningRate.rate(step: index)
    var prepared = objective.prepare(step: index, examples, &phases)
    let norm = try update(index, rate, &prepared, examples)
    let record = objective.record(prepared, step: index, learningRate: rate, gradientNorm: norm)
    for _ in 1..<max(objective.updatesPerStep, 1) { _ = try update(index, rate, &prepared, examples) }
    return record
  }

  /// - Returns: the norm of the gradients before they were scaled down.
  private func update(
    _ index: Int, _ rate: Double, _ prepared: inout Objective.Prepared, _ examples: [Objective.Example]
  ) throws(NotFinite) -> Double {
    let loss = objective.accumulate(&prepared, &phases)
    let norm = phases.measure("optimiser", on: objective.backend) {
      objective.finishGradients()
      return optimizer.gradientNorm()
    }
    guard loss.isFinite, norm.isFinite else {
      objective.clearGradients()
      throw NotFinite(
        step: index, what: loss.isFinite ? "gradient norm" : "loss", questions: examples.map(objective.name(of:)))
    }
    phases.measure("optimiser", on: objective.backend) {
      optimizer.step(rate: rate, gradientNorm: norm, maximumNorm: objective.maximumGradientNorm)
    }
    return norm
  }
}
