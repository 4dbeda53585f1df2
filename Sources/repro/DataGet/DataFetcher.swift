// Fetching a file of a data set: whole and as published, or not at all; what came is gone on with.
internal import Catalogue
internal import Diagnostics
internal import FileWriting
internal import Foundation
internal import ResultStore

/// Fetches files into the data folder.
struct DataFetcher {
  /// A mirror with the layout of the data folder; nil asks the public addresses.
  let mirror: String?
  /// Seconds without a byte before a request is given up.
  let patience: Int
  /// Told of what a person waits for.
  let say: (String) -> Void

  private static let triesWithoutProgress = 3
  private static let tries = 50

  enum Found: String { case fetched, present }

  /// Fetches a file unless it is there.
  /// - Throws: `.missing` where it cannot be had now or is not what was published; `.faulty` where another file has
  ///   its place.
  func get(_ file: PublishedFile) throws(Diagnostic) -> Found {
    let path = DataNeed.root + "/" + file.path
    if FileManager.default.fileExists(atPath: path) {
      guard let wrong = file.mistake(path) else { return .present }
      throw Diagnostic(
        "is there, but \(wrong)", at: SourceMark(file: path), hint: "move it away; nothing is overwritten")
    }
    let address = try address(of: file)
    // A folder of its own, so that the part keeps the name and with it the form.
    let folder = (path as NSString).deletingLastPathComponent + "/.download"
    let lock = try FolderLock(folder: folder, waits: true)
    defer { withExtendedLifetime(lock) {} }
    if FileManager.default.fileExists(atPath: path) { return .present }
    let part = folder + "/" + (path as NSString).lastPathComponent
    try fill(part, with: file, from: address)
    guard Files.rename(part, to: path) else { throw Self.failure("cannot take its place", path, errno) }
    Files.flushFolder((path as NSString).deletingLastPathComponent)
    _ = Files.removeAll(folder)
    return .fetched
  }

  private func address(of file: PublishedFile) throws(Diagnostic) -> URL {
    var text = file.address
    if let mirror {
      text = (mirror.hasSuffix("/") ? String(mirror.dropLast()) : mirror) + "/" + file.path
    } else if let hub = ProcessInfo.processInfo.environment["HF_ENDPOINT"], !hub.isEmpty {
      text = text.replacingOccurrences(
        of: "https://huggingface.co", with: hub.hasSuffix("/") ? String(hub.dropLast()) : hub)
    }
    guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
      url.host?.isEmpty == false
    else { throw Diagnostic("'\(text)' is no address", hint: "such as https://example.org/data") }
    return url
  }

  /// Fetches until the part is what was published.
  private func fill(_ part: String, with file: PublishedFile, from address: URL) throws(Diagnostic) {
    func size() -> Int { (try? FileManager.default.attributesOfItem(atPath: part))?[.size] as? Int ?? 0 }
    func refuse(_ fact: String, hint: String? = nil) -> Diagnostic {
      Diagnostic(fact, at: SourceMark(file: address.absoluteString), hint: hint, kind: .missing)
    }
    let later = "run the same command again" + (mirror == nil ? "; --from names a mirror" : "")
    var failures = 0
    var hasStartedOver = false
    for attempt in 1...Self.tries {
      let before = size()
      say(before == 0 ? "fetching \(address.absoluteString)" : "going on after \(bytes(before)) of \(address.absoluteString)")
      let outcome = FileDownload.fetch(address, into: part, limit: PublishedFile.limit, patience: patience)
      if let code = outcome.writeFailure {
        throw Self.failure("cannot be written", part, code)
      }
      if outcome.isComplete {
        guard let wrong = file.mistake(part) else { return }
        _ = Files.remove(part)
        // A part of an older file was gone on with, or a server that knows no parts mixed them up.
        guard before > 0, !hasStartedOver else {
          throw refuse("what was sent is not the published file: \(wrong)", hint: "it was not kept; " + later)
        }
        hasStartedOver = true
        continue
      }
      let reason = outcome.failure ?? outcome.status.map { Self.words($0) } ?? "no response"
      switch outcome.status {
      case 416 where before > 0: _ = Files.remove(part)
      case 206 where outcome.isMisplaced: _ = Files.remove(part)
      case .some(let status) where status != 200 && status != 206 && status != 429 && status < 500:
        throw refuse(reason, hint: mirror == nil ? "has it moved? --from names a mirror" : nil)
      default: break
      }
      failures = size() > before ? 0 : failures + 1
      guard failures < Self.triesWithoutProgress, attempt < Self.tries, size() < PublishedFile.limit else {
        let kept = size() > 0 ? "; \(bytes(size())) are kept" : ""
        throw refuse("\(reason)\(kept)", hint: size() > 0 ? later + " to go on from there" : later)
      }
      say("\(reason); trying again")
      Thread.sleep(forTimeInterval: failures == 0 ? 0 : min(0.25 * Double(1 << failures), 4))
    }
  }

  private static func failure(_ what: String, _ path: String, _ code: Int32) -> Diagnostic {
    let reason = NSError(domain: NSPOSIXErrorDomain, code: Int(code)).localizedDescription
    return Diagnostic(
      "\(what): \(reason)", at: SourceMark(file: path),
      hint: code == ENOSPC ? "free some space and run the same command again; what came is kept" : nil, kind: .missing)
  }

  private static func words(_ status: Int) -> String {
    switch status {
    case 401, 403: "status \(status): the server does not give it to everyone"
    case 404, 410: "status \(status): it is not there"
    case 407: "status 407: the proxy wants a name and a password"
    case 416: "status 416: the server has no more of it than is here"
    case 429: "status 429: the server is asked too often"
    case 500...: "status \(status): the server is in trouble"
    case 300..<400: "status \(status): it leads to an address that is not followed"
    default: "status \(status)"
    }
  }
}
