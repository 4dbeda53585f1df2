// Reading many records at once.
internal import Foundation
internal import Synchronization

extension Array where Element: Sendable {
  /// The images of all elements, made on all processors, in order; the first error in the order of the elements.
  public func concurrentMap<T: Sendable, Failure: Error>(
    _ transform: @Sendable (Element) throws(Failure) -> T
  ) throws(Failure) -> [T] {
    let results = Mutex<[Result<T, Failure>?]>([Result<T, Failure>?](repeating: nil, count: count))
    withoutActuallyEscaping(transform) { transform in
      DispatchQueue.concurrentPerform(iterations: count) { index in
        let result: Result<T, Failure>
        do throws(Failure) { result = .success(try transform(self[index])) } catch { result = .failure(error) }
        results.withLock { $0[index] = result }
      }
    }
    var images: [T] = []
    for case let result? in results.withLock({ $0 }) { images.append(try result.get()) }
    return images
  }
}
