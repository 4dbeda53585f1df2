// Ctrl-C: once asks a run to stop at the next safe place, twice stops it at once (nothing is lost either way).
internal import Foundation
internal import Synchronization

/// Whether the user has asked the run to stop.
public enum Interruption {
  private static let asked = Atomic<Int>(0)
  /// What listens, kept so that it goes on. Made once; nothing touches it afterwards.
  private struct Listeners: @unchecked Sendable {
    let sources: [any DispatchSourceSignal]
  }

  private static let listeners = Listeners(
    sources: [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        let count = asked.add(1, ordering: .relaxed).newValue
        if count > 1 { _exit(130) }
        FileHandle.standardError.write(Data("\nrepro: stopping at the next safe place; once more stops at once\n".utf8))
      }
      source.resume()
      return source
    })

  public static var isAsked: Bool { asked.load(ordering: .relaxed) > 0 }

  /// Listens for SIGINT and SIGTERM from now on.
  public static func listen() { _ = listeners }
}

/// A run was asked to stop; what it did is kept.
public struct Interrupted: Error, Sendable {
  public init() {}
}
