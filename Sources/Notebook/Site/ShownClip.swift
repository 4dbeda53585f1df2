// A clip as the site plays and draws it: the file, and the log-mel as the model's own front end makes it.
public import AudioFeatures
internal import Diagnostics
internal import Foundation
internal import JSONText
public import Questions

/// What becomes of the clips.
public enum ClipMode: String, Sendable, Hashable, CaseIterable {
  /// Copied, so that the folder can be sent whole.
  case copy
  /// Linked to where they lie on this machine.
  case link
  /// Left out, and their log-mels with them.
  case none
}

/// Questions of a benchmark that are on this machine.
public struct QuestionsAtHand: Sendable {
  /// Where the clips' paths begin.
  public var folder: String
  public var questions: [AudioQuestion]
  public var pipeline: ListeningPipeline

  public init(folder: String, questions: [AudioQuestion], pipeline: ListeningPipeline = .qwen_omni_utils) {
    self.folder = folder
    self.questions = questions
    self.pipeline = pipeline
  }

  /// The clip of a question, if it has one and it is there.
  func clip(_ question: AudioQuestion) -> String? {
    guard let name = question.audioPath,
      let path = try? DataFolder(folder).file(name, of: question.id, in: folder),
      FileManager.default.fileExists(atPath: path)
    else { return nil }
    return path
  }
}

/// A clip in the site.
struct ShownClip: Sendable {
  /// Relative to the site; nil where it could not be read.
  var file: String?
  /// The script with its log-mel, relative to the site.
  var mel: String?
  /// Why it cannot be heard.
  var fault: String?

  var json: JSONValue {
    .object([
      "file": file.map { .string($0) } ?? .null, "mel": mel.map { .string($0) } ?? .null,
      "fault": fault.map { .string($0) } ?? .null,
    ])
  }
}

/// A log-mel in 64 steps, a character a value.
struct DrawnLogMel: Sendable {
  static let levels = 64
  /// The digits of base 64.
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  let json: JSONValue

  /// - Parameter front: of the model that hears the longest clips.
  init(path: String, _ pipeline: ListeningPipeline, _ front: FrontEnd) throws(Diagnostic) {
    let waveform = try Waveform.clip(path: path, pipeline: pipeline)
    let mel = front.logMel(waveform.samples)
    let values = mel.values.prefix(mel.validFrameCount * LogMel.bandCount)
    let (low, high) = (values.min() ?? 0, values.max() ?? 0)
    let scale = high > low ? Float(Self.levels - 1) / (high - low) : 0
    let text = values.map { Self.digits[min(Self.levels - 1, max(0, Int((($0 - low) * scale).rounded())))] }
    json = .object([
      "bands": .integer(LogMel.bandCount), "frames": .integer(mel.validFrameCount), "low": plotted(Double(low)),
      "high": plotted(Double(high)), "seconds": plotted(waveform.seconds),
      "rate": .integer(waveform.sourceSampleRate), "channels": .integer(waveform.sourceChannelCount),
      "values": .string(String(decoding: text, as: UTF8.self)),
    ])
  }
}
