// Fixtures that are wrong on purpose: what compares with them must say so.
internal import Foundation
internal import SafeTensors
internal import TensorCore

/// A copy of a set that goes when the last reference to it goes.
public final class MovedFixtures: Sendable {
  private let place: TemporaryFolder
  public let set: FixtureSet

  public init(_ original: FixtureSet) throws {
    place = try TemporaryFolder()
    set = FixtureSet(place.file("moved"))
    try FileManager.default.copyItem(atPath: original.path, toPath: set.path)
  }

  /// Adds to one number of a tensor; an integer becomes its neighbour, whatever `distance` is.
  public func move(_ tensor: String, of file: String, element: Int = 0, by distance: Float) throws {
    let path = set.file(file)
    let entry = try SafeTensorsFile(path: path).entry(tensor)
    guard let entry, entry.shape.elementCount > element else { throw Missing(tensor: tensor, file: file) }
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let size = entry.type.byteCount
    let start = entry.bytes.lowerBound + element * size
    var bits = bytes[start..<start + size].enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * $1.offset) }
    switch entry.type {
    case .f32: bits = UInt64((Float(bitPattern: UInt32(bits)) + distance).bitPattern)
    case .i64, .i32: bits = bits == 0 ? 1 : bits - 1
    default: throw Missing(tensor: tensor, file: file)
    }
    for index in 0..<size { bytes[start + index] = UInt8(truncatingIfNeeded: bits >> (8 * UInt64(index))) }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  /// Writes a JSON file anew, with one number, found by its keys, moved.
  public func move(_ keys: [String], of file: String, by distance: Double) throws {
    let path = URL(fileURLWithPath: set.file(file))
    let object = try JSONSerialization.jsonObject(with: try Data(contentsOf: path))
    try JSONSerialization.data(withJSONObject: try moved(object, keys[...], distance, file)).write(to: path)
  }

  private func moved(_ value: Any, _ keys: ArraySlice<String>, _ distance: Double, _ file: String) throws -> Any {
    guard let key = keys.first else {
      guard let number = value as? NSNumber else { throw Missing(tensor: "a number", file: file) }
      return number.doubleValue + distance
    }
    guard var object = value as? [String: Any], let inner = object[key] else { throw Missing(tensor: key, file: file) }
    object[key] = try moved(inner, keys.dropFirst(), distance, file)
    return object
  }

  private struct Missing: Error { var tensor, file: String }
}

/// The largest difference of two lists; infinite where they differ in length or one holds what is no number.
public func largestDifference(_ a: some Collection<Float>, _ b: some Collection<Float>) -> Float {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { $1.0 == $1.1 ? $0 : max($0, abs($1.0 - $1.1).isNaN ? .infinity : abs($1.0 - $1.1)) }
}
