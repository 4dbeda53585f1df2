// What was heard once need not be heard again: log-mels in memory, for all models and modes with the same front end.
internal import AudioFeatures
internal import Synchronization

/// Log-mels that were computed before, by file and front end; bounded in bytes, safe from several threads.
public final class KnownSounds: Sendable {
  /// A file, and how it is heard.
  struct Key: Sendable, Hashable {
    var path: String
    var chunkSeconds: Int
    var pipeline: ListeningPipeline
  }

  private struct State {
    var mels: [Key: LogMel] = [:]
    var byteCount = 0
  }

  private let byteLimit: Int
  private let state = Mutex(State())

  /// - Parameter byteLimit: beyond it log-mels are computed again.
  public init(byteLimit: Int = 1 << 30) { self.byteLimit = byteLimit }

  subscript(key: Key) -> LogMel? { state.withLock { $0.mels[key] } }

  func keep(_ mel: LogMel, as key: Key) {
    let size = mel.values.count * 4
    state.withLock { state in
      guard state.mels[key] == nil, state.byteCount + size <= byteLimit else { return }
      state.mels[key] = mel
      state.byteCount += size
    }
  }
}
