// A chat completions server on this machine that fails at times: too busy, broken, cut off, slow, talking nonsense.
import ContentHash
import Foundation
import Glibc
import JSONText
import Synchronization

/// Answers on a free port of the loopback until its standard input ends. What it does to the first request about a clip
/// hangs on the request's digest; the second of the same is answered.
final class ChatServer: Sendable {
  private let log: String
  private let counts = Mutex<[String: Int]>([:])

  init(log: String) { self.log = log }

  func serve() throws {
    signal(SIGPIPE, SIG_IGN)
    let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { base in
        unsafe bind(listener, base, size) == 0 && listen(listener, 64) == 0 && getsockname(listener, base, &size) == 0
      }
    }
    guard listener >= 0, isBound else { throw Mistake("no port on the loopback") }
    FileHandle.standardOutput.write(Data("\(UInt16(bigEndian: address.sin_port))\n".utf8))
    Thread.detachNewThread { [self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { continue }
        Thread.detachNewThread { self.answer(FileHandle(fileDescriptor: connection, closeOnDealloc: true)) }
      }
    }
    while !FileHandle.standardInput.availableData.isEmpty {}
  }

  /// One request a connection.
  private func answer(_ connection: FileHandle) {
    guard let body = request(connection) else { return }
    let key = Digest(of: body).hexadecimal
    let number = counts.withLock { counts in
      counts[key, default: 0] += 1
      return counts[key] ?? 1
    }
    let kinds = ["good", "429", "500", "cut", "dropped", "slow", "page", "good"]
    let kind = number > 1 ? "good" : kinds[Int(key.prefix(2), radix: 16).map { $0 % kinds.count } ?? 0]
    note("\(key.prefix(12)) \(number) \(kind)")
    switch kind {
    case "429": send(connection, 429, #"{"error": {"message": "slower"}}"#, more: "Retry-After: 1\r\n")
    case "500": send(connection, 500, "oops")
    case "cut": send(connection, 200, #"{"choices": ["#, declared: 5000)
    case "page": send(connection, 200, "<html>busy</html>")
    case "dropped": break
    default:
      if kind == "slow" { Thread.sleep(forTimeInterval: 0.7) }
      send(connection, 200, reply(to: body))
    }
  }

  private func request(_ connection: FileHandle) -> [UInt8]? {
    var bytes: [UInt8] = []
    var end: Int?
    var length = 0
    while end.map({ bytes.count < $0 + length }) ?? true {
      let part = connection.availableData
      if part.isEmpty { return nil }
      bytes += part
      guard end == nil, let found = String(decoding: bytes, as: UTF8.self).range(of: "\r\n\r\n") else { continue }
      let head = String(decoding: bytes, as: UTF8.self)[..<found.lowerBound]
      end = head.utf8.count + 4
      let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
      length = line.flatMap { Int($0.split(separator: ":")[1].trimmingCharacters(in: .whitespaces)) } ?? 0
      if head.lowercased().contains("expect: 100-continue") { connection.write(Data("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
    }
    return end.map { Array(bytes[$0...]) }
  }

  /// A question about the scene that the captions number; every eleventh scene gets prose instead.
  private func reply(to body: [UInt8]) -> String {
    let text = String(decoding: body, as: UTF8.self)
    let scene = text.matches(of: /[Ss]cene (\d+)/).last.flatMap { Int($0.1) } ?? 0
    let (texts, answer) = Words.choices(scene)
    let question: JSONValue = .object([
      "question_text": .string("Which of these is heard in scene number \(scene)?"),
      "multi_choice": .array(texts.map { .string($0) }), "answer": .integer(answer),
    ])
    let content = scene % 11 == 10 ? "I would rather not." : "Here:\n```json\n\(question.indentedText)```\n"
    return JSONValue.object([
      "choices": .array([
        .object(["index": 0, "message": .object(["role": "assistant", "content": .string(content)]), "finish_reason": "stop"])
      ]),
      "usage": .object(["prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110]),
    ]).canonicalText
  }

  private func send(_ connection: FileHandle, _ status: Int, _ body: String, more: String = "", declared: Int? = nil) {
    let head = "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\nContent-Length: \(declared ?? body.utf8.count)\r\n"
    try? connection.write(contentsOf: Data((head + more + "Connection: close\r\n\r\n" + body).utf8))
  }

  private func note(_ line: String) {
    counts.withLock { _ in
      if !FileManager.default.fileExists(atPath: log) { _ = FileManager.default.createFile(atPath: log, contents: nil) }
      guard let file = FileHandle(forWritingAtPath: log) else { return }
      _ = try? file.seekToEnd()
      try? file.write(contentsOf: Data((line + "\n").utf8))
    }
  }
}
