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
  /// How many addresses may be tried, the likeliest first.
  var addressCount: Int { get }

  /// Sends a body to one of the addresses and returns at once; `deliver` is called once, from any thread. The result
  /// stops the request, whose answer is then a failure.
  func send(
    _ body: [UInt8], toAddress address: Int, deliver: @escaping @Sendable (ServerAnswer) -> Void
  ) -> @Sendable () -> Void
}

/// A chat completions server at an address.
public final class HTTPChatServer: ChatServer {
  private let session: URLSession
  private let receiver: Receiver
  private let addresses: [URL]
  private let key: String?
  private let isAzure: Bool

  /// - Parameters:
  ///   - base: such as `https://api.openai.com/v1` or `http://localhost:8000/v1`; `/chat/completions` may stand at its
  ///     end, a query is kept, and where `/v1` is missing it is tried after the address as given.
  ///   - key: goes into the header Authorization, with a query `api-version` also into `api-key`, nowhere else; nil
  ///     leaves the headers out.
  ///   - connections: how many requests may be under way.
  public init(base: String, key: String?, connections: Int) throws(Diagnostic) {
    let mistake = Diagnostic(
      "'\(base)' is no address of a server", hint: "such as https://api.openai.com/v1 or http://localhost:8000/v1")
    addresses = ChatAddress(base).urls
    guard let first = addresses.first else { throw mistake }
    isAzure = first.query?.lowercased().contains("api-version=") == true
    // A line's end comes along where a variable is read from a file.
    let key = key?.trimmingCharacters(in: .whitespacesAndNewlines)
    if let key, !key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
      throw Diagnostic("the key holds spaces or characters that no header can carry")
    }
    self.key = key
    let configuration = URLSessionConfiguration.ephemeral
    configuration.httpMaximumConnectionsPerHost = connections
    // The run sets its own deadline; these only bound what it forgets.
    configuration.timeoutIntervalForRequest = 3600
    configuration.timeoutIntervalForResource = 3600
    configuration.httpShouldSetCookies = false
    configuration.urlCache = nil
    receiver = Receiver(bodyLimit: min(1 << 22, (1 << 28) / max(connections, 1)), key: key)
    session = URLSession(configuration: configuration, delegate: receiver, delegateQueue: nil)
  }

  deinit { session.invalidateAndCancel() }

  /// Whether the key would cross a network in the clear.
  public var sendsKeyInClear: Bool {
    guard key != nil, let address = addresses.first, address.scheme?.lowercased() == "http" else { return false }
    return !["localhost", "127.0.0.1", "::1", "[::1]"].contains(address.host ?? "")
  }

  public var addressCount: Int { addresses.count }

  public func send(
    _ body: [UInt8], toAddress address: Int, deliver: @escaping @Sendable (ServerAnswer) -> Void
  ) -> @Sendable () -> Void {
    var request = URLRequest(url: addresses[min(address, addresses.count - 1)])
    request.httpMethod = "POST"
    request.httpBody = Data(body)
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    request.setValue("application/json", forHTTPHeaderField: "Accept")
    if let key {
      request.setValue("Bearer " + key, forHTTPHeaderField: "Authorization")
      if isAzure { request.setValue(key, forHTTPHeaderField: "api-key") }
    }
    let task = session.dataTask(with: request)
    receiver.expect(task.taskIdentifier, deliver)
    task.resume()
    return { task.cancel() }
  }
}

/// Where requests go, from an address as people write it: with odd slashes, a query, `/chat/completions` or no `/v1`.
struct ChatAddress {
  /// The likeliest first; none if the text is no address of a server.
  let urls: [URL]

  init(_ text: String) {
    let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard var parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
      ["http", "https"].contains(scheme), parts.host?.isEmpty == false, parts.user == nil, parts.password == nil
    else {
      urls = []
      return
    }
    parts.fragment = nil
    var names = parts.percentEncodedPath.split(separator: "/").map(String.init)
    // A slash at the end of the query was meant for the path.
    while parts.percentEncodedQuery?.hasSuffix("/") == true { parts.percentEncodedQuery?.removeLast() }
    if names.suffix(2) == ["chat", "completions"] { names.removeLast(2) }
    func url(_ names: [String]) -> URL? {
      parts.percentEncodedPath = "/" + (names + ["chat", "completions"]).joined(separator: "/")
      return parts.url
    }
    let hasVersion = names.contains { $0.first == "v" && $0.dropFirst().first?.isNumber == true }
    urls = ([names] + (hasVersion ? [] : [names + ["v1"]])).compactMap(url)
  }
}

/// Collects bodies, up to a limit each.
private final class Receiver: NSObject, URLSessionDataDelegate, Sendable {
  private let bodyLimit: Int
  private let key: String?

  init(bodyLimit: Int, key: String?) {
    self.bodyLimit = bodyLimit
    self.key = key
  }

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
    let limit = bodyLimit
    let isTooLong = exchanges.withLock { exchanges in
      guard var exchange = exchanges.removeValue(forKey: dataTask.taskIdentifier) else { return false }
      exchange.isTooLong = exchange.isTooLong || exchange.body.count + data.count > limit
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
      exchange.deliver(.failure("a body of more than \(bodyLimit >> 20) MiB"))
    } else if let error {
      exchange.deliver(.failure(Self.words(error)))
    } else if let response = task.response as? HTTPURLResponse {
      let wait = response.value(forHTTPHeaderField: "Retry-After")
      let isAnswer = (200..<300).contains(response.statusCode)
      let body = isAnswer ? exchange.body : withoutKey(exchange.body)
      exchange.deliver(.response(status: response.statusCode, retryAfter: wait, body: body))
    } else {
      exchange.deliver(.failure("no HTTP response"))
    }
  }

  /// A body in which the server repeats the key, with an ellipsis in its place.
  private func withoutKey(_ body: [UInt8]) -> [UInt8] {
    guard let key, key.utf8.count >= 6 else { return body }
    var data = Data(body)
    while let range = data.range(of: Data(key.utf8)) { data.replaceSubrange(range, with: Data("…".utf8)) }
    return Array(data)
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
