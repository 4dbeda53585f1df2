// A server with the chat completions interface, over HTTP.
//
// URLSession of swift-corelibs-foundation comes with the toolchain and stands on libcurl, so that https, proxies of the
// environment and the system's certificates work without another library to install. Redirects are not followed: the key
// would go to another host.
public import Diagnostics
internal import Foundation
internal import FoundationNetworking
internal import Synchronization

/// What came of a request.
public enum ServerAnswer: Sendable, Hashable {
  /// A status with the header Retry-After, if it had one, and the body.
  case response(status: Int, retryAfter: String?, body: [UInt8])
  /// No response: why.
  case failure(String)
}

/// Whatever takes requests of the chat completions interface.
public protocol ChatServer: Sendable {
  /// Sends a body and returns at once; `deliver` is called once, from any thread. The result stops the request, whose
  /// answer is then a failure.
  func send(_ body: [UInt8], deliver: @escaping @Sendable (ServerAnswer) -> Void) -> @Sendable () -> Void
}

/// A chat completions server at an address.
public final class HTTPChatServer: ChatServer {
  private let session: URLSession
  private let receiver: Receiver
  private let address: URL
  private let key: String?

  /// - Parameters:
  ///   - base: such as `https://api.openai.com/v1` or `http://localhost:8000/v1`.
  ///   - key: goes into the header Authorization, nowhere else; nil leaves the header out.
  ///   - connections: how many requests may be under way.
  public init(base: String, key: String?, connections: Int) throws(Diagnostic) {
    let mistake = Diagnostic(
      "'\(base)' is no address of a server", hint: "such as https://api.openai.com/v1 or http://localhost:8000/v1")
    guard let url = URL(string: base), let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
      let host = url.host, !host.isEmpty, url.query == nil, url.user == nil
    else { throw mistake }
    let trimmed = base.hasSuffix("/") ? String(base.dropLast()) : base
    guard let address = URL(string: trimmed.hasSuffix("/chat/completions") ? trimmed : trimmed + "/chat/completions")
    else { throw mistake }
    if let key, !key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
      throw Diagnostic("the key holds spaces or characters that no header can carry")
    }
    self.address = address
    self.key = key
    let configuration = URLSessionConfiguration.ephemeral
    configuration.httpMaximumConnectionsPerHost = connections
    // The run sets its own deadline; these only bound what it forgets.
    configuration.timeoutIntervalForRequest = 3600
    configuration.timeoutIntervalForResource = 3600
    configuration.httpShouldSetCookies = false
    configuration.urlCache = nil
    receiver = Receiver()
    session = URLSession(configuration: configuration, delegate: receiver, delegateQueue: nil)
  }

  deinit { session.invalidateAndCancel() }

  /// Whether the key would cross a network in the clear.
  public var sendsKeyInClear: Bool {
    guard key != nil, address.scheme?.lowercased() == "http" else { return false }
    return !["localhost", "127.0.0.1", "::1", "[::1]"].contains(address.host ?? "")
  }

  public func send(_ body: [UInt8], deliver: @escaping @Sendable (ServerAnswer) -> Void) -> @Sendable () -> Void {
    var request = URLRequest(url: address)
    request.httpMethod = "POST"
    request.httpBody = Data(body)
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    request.setValue("application/json", forHTTPHeaderField: "Accept")
    if let key { request.setValue("Bearer " + key, forHTTPHeaderField: "Authorization") }
    let task = session.dataTask(with: request)
    receiver.expect(task.taskIdentifier, deliver)
    task.resume()
    return { task.cancel() }
  }
}

/// Collects bodies, at most 4 MiB each.
private final class Receiver: NSObject, URLSessionDataDelegate, Sendable {
  private static let bodyLimit = 1 << 22

  private struct Exchange {
    var deliver: @Sendable (ServerAnswer) -> Void
    var body: [UInt8] = []
    var isTooLong = false
  }

  private let exchanges = Mutex<[Int: Exchange]>([:])

  func expect(_ task: Int, _ deliver: @escaping @Sendable (ServerAnswer) -> Void) {
    exchanges.withLock { $0[task] = Exchange(deliver: deliver) }
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    let isTooLong = exchanges.withLock { exchanges in
      guard var exchange = exchanges.removeValue(forKey: dataTask.taskIdentifier) else { return false }
      exchange.isTooLong = exchange.isTooLong || exchange.body.count + data.count > Self.bodyLimit
      if !exchange.isTooLong { exchange.body += data }
      exchanges[dataTask.taskIdentifier] = exchange
      return exchange.isTooLong
    }
    if isTooLong { dataTask.cancel() }
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
    newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) { completionHandler(nil) }

  func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
    guard let exchange = exchanges.withLock({ $0.removeValue(forKey: task.taskIdentifier) }) else { return }
    if exchange.isTooLong {
      exchange.deliver(.failure("a body of more than \(Self.bodyLimit >> 20) MiB"))
    } else if let error {
      exchange.deliver(.failure(Self.words(error)))
    } else if let response = task.response as? HTTPURLResponse {
      let wait = response.value(forHTTPHeaderField: "Retry-After")
      exchange.deliver(.response(status: response.statusCode, retryAfter: wait, body: exchange.body))
    } else {
      exchange.deliver(.failure("no HTTP response"))
    }
  }

  private static func words(_ error: any Error) -> String {
    guard let error = error as? URLError else { return "\(error)" }
    switch error.code {
    case .cancelled: return "stopped"
    case .timedOut: return "no answer in time"
    case .cannotConnectToHost, .cannotFindHost, .dnsLookupFailed: return "no connection to the server"
    case .networkConnectionLost, .badServerResponse: return "the connection was lost"
    case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
      .serverCertificateHasUnknownRoot:
      return "no trusted connection"
    default: return error.localizedDescription
    }
  }
}
