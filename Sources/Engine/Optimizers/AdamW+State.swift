// What must survive an interruption: weights, moments, and how many updates were made. Random numbers and the order of
// questions are functions of seed and step, so nothing else needs to.
internal import Layers
public import TensorCore

extension AdamW {
  /// Every tensor of the state under a name of its own, in a fixed order: `parameter.…`, `first.…`, `second.…`.
  /// The tensors are the live ones: writing them out is taking a checkpoint.
  public var state: [(name: String, tensor: Tensor)] {
    parameters.indices.flatMap { index in
      let name = parameters[index].name
      return [
        ("parameter." + name, parameters[index].value), ("first." + name, firstMoments[index]),
        ("second." + name, secondMoments[index]),
      ]
    }
  }

  /// Puts a state back as it was after `stepCount` updates.
  /// - Returns: the name of the first tensor that `find` has not, or has in another shape or type; nil if all is well.
  ///   Nothing is changed unless all is well.
  public func restore(stepCount: Int, on backend: any Backend, find: (String) -> Tensor?) -> String? {
    var pairs: [(Tensor, Tensor)] = []
    for (name, tensor) in state {
      guard let found = find(name), found.shape == tensor.shape, found.elementType == tensor.elementType else {
        return name
      }
      pairs.append((found, tensor))
    }
    for (found, tensor) in pairs { backend.copy(found, to: tensor) }
    resume(afterSteps: stepCount)
    return nil
  }
}
