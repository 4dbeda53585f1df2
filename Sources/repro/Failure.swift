// How every command ends: mistakes as their own text on standard error, and the exit codes of the README.
internal import ArgumentParser
internal import Diagnostics
internal import Foundation

extension Repro {
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let diagnostic as Diagnostic {
      leave(Diagnostics([diagnostic]))
    } catch let diagnostics as Diagnostics {
      leave(diagnostics)
    } catch {
      let code = exitCode(for: error)
      let message = fullMessage(for: error)
      if code.isSuccess {
        if !message.isEmpty { print(message) }
        Foundation.exit(0)
      }
      if !message.isEmpty { FileHandle.standardError.write(Data((message + "\n").utf8)) }
      // The parser's own number for wrong usage is 64.
      Foundation.exit(code == .validationFailure ? 2 : code.rawValue)
    }
  }

  /// 3 if all that is wrong is that something is missing, 70 if anything is our fault, else 2.
  private static func leave(_ diagnostics: Diagnostics) -> Never {
    FileHandle.standardError.write(Data((diagnostics.description + "\n").utf8))
    let kinds = diagnostics.list.filter { $0.severity == .error }.map(\.kind)
    if kinds.contains(.ours) { Foundation.exit(70) }
    Foundation.exit(!kinds.isEmpty && kinds.allSatisfy { $0 == .missing } ? 3 : 2)
  }
}
