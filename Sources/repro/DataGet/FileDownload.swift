// One file over HTTP, in as many pieces as the connection breaks into.
//
// URLSession of swift-corelibs-foundation comes with the toolchain and stands on libcurl: https, the environment's
// proxies and the system's certificates are libcurl's. Redirects are followed, for hubs send to their stores, but never
// from https to http.
internal import FileWriting
internal import Foundation
internal import FoundationNetworking
internal import Synchronization

/// What came of one request for a file or the rest of it.
struct DownloadOutcome: Sendable {
  /// Nil where no response came.
  var status: Int?
  /// Why not all of it came, or cannot be used.
  var failure: String?
  /// Whether the part has all that the server has, as far as the server says how much that is.
  var isComplete = false
  /// The server sent another piece than the one asked for: the part cannot be gone on with.
  var isMisplaced = false
  /// The file could not be written; `errno` of it.
  var writeFailure: Int32?
}

/// One request whose body is appended to a file as it comes.
final class FileDownload: NSObject, URLSessionDataDelegate, Sendable {
  private struct State {
    var length: Int
    var total: Int?
    var hasBegun = false
    var outcome = DownloadOutcome()
  }

  private let file: WritableFile
  private let limit: Int
  private let asked: Int
  private let state: Mutex<State>
  private let isDone = DispatchSemaphore(value: 0)

  private init(_ file: WritableFile, asked: Int, limit: Int) {
    self.file = file
    self.asked = asked
    self.limit = limit
    state = Mutex(State(length: asked))
  }

  /// Asks for a file, or for what `part` lacks of it, and waits for the end.
  /// - Parameters:
  ///   - limit: bytes the file may have.
  ///   - patience: seconds without a byte before the request is given up.
  static func fetch(_ address: URL, into part: String, limit: Int, patience: Int) -> DownloadOutcome {
    guard let file = WritableFile(continuing: part) else { return DownloadOutcome(writeFailure: errno) }
    let size = (try? FileManager.default.attributesOfItem(atPath: part))?[.size] as? Int ?? 0
    let download = FileDownload(file, asked: size, limit: limit)
    var request = URLRequest(url: address)
    // A part of a compressed body is no part of the file.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if size > 0 { request.setValue("bytes=\(size)-", forHTTPHeaderField: "Range") }
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = Double(patience)
    configuration.timeoutIntervalForResource = 86_400
    configuration.httpShouldSetCookies = false
    configuration.urlCache = nil
    let session = URLSession(configuration: configuration, delegate: download, delegateQueue: nil)
    session.dataTask(with: request).resume()
    download.isDone.wait()
    session.invalidateAndCancel()
    _ = file.flush()
    return download.state.withLock { $0.outcome }
  }

  /// Reads the head of the response, and cuts the part to where its body belongs. False if the body is not wanted.
  private func begin(_ state: inout State, _ response: URLResponse?) -> Bool {
    if state.hasBegun { return state.outcome.status == 200 || state.outcome.status == 206 }
    state.hasBegun = true
    guard let response = response as? HTTPURLResponse else { return false }
    state.outcome.status = response.statusCode
    switch response.statusCode {
    case 200:
      state.length = 0
      state.total = response.expectedContentLength >= 0 ? Int(response.expectedContentLength) : nil
    case 206:
      let range = Self.range(response.value(forHTTPHeaderField: "Content-Range") ?? "")
      guard let range, range.start == asked else {
        state.outcome.isMisplaced = true
        state.outcome.failure = "the server sent another piece than the one asked for"
        return false
      }
      state.total = range.total
    default: return false
    }
    if !file.cut(at: state.length) { state.outcome.writeFailure = errno }
    return state.outcome.writeFailure == nil
  }

  /// `bytes 100-199/200`.
  private static func range(_ text: String) -> (start: Int, total: Int?)? {
    let parts = text.split { " -/".contains($0) }
    guard parts.count == 4, parts[0] == "bytes", let start = Int(parts[1]) else { return nil }
    return (start, Int(parts[3]))
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let isWanted = state.withLock { state in
      guard begin(&state, dataTask.response), state.outcome.failure == nil, state.outcome.writeFailure == nil else {
        return false
      }
      guard state.length + data.count <= limit else {
        state.outcome.failure = "it has more than \(limit >> 20) MiB"
        return false
      }
      guard file.write(Array(data)) else {
        state.outcome.writeFailure = errno
        return false
      }
      state.length += data.count
      return true
    }
    if !isWanted { dataTask.cancel() }
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    let wasSecure = task.originalRequest?.url?.scheme?.lowercased() == "https"
    completionHandler(wasSecure && request.url?.scheme?.lowercased() != "https" ? nil : request)
  }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    state.withLock { state in
      let isWanted = begin(&state, task.response)
      if let error, state.outcome.failure == nil, state.outcome.status.map({ [200, 206].contains($0) }) ?? true {
        let isLate = (error as? URLError)?.code == .timedOut
        state.outcome.failure = state.outcome.status == nil || isLate ? Self.words(error) : "the connection was lost"
      }
      guard isWanted, state.outcome.failure == nil, state.outcome.writeFailure == nil else { return }
      if let total = state.total, state.length != total {
        state.outcome.failure = "the connection was lost"
      } else {
        state.outcome.isComplete = true
      }
    }
    isDone.signal()
  }

  private static func words(_ error: any Error) -> String {
    guard let error = error as? URLError else { return "\(error)" }
    switch error.code {
    case .timedOut: return "no answer in time"
    case .cannotConnectToHost, .cannotFindHost, .dnsLookupFailed: return "no connection to the server"
    case .networkConnectionLost, .badServerResponse, .cannotParseResponse: return "the connection was lost"
    case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
      .serverCertificateHasUnknownRoot:
      return "no trusted connection"
    default: return error.localizedDescription
    }
  }
}
