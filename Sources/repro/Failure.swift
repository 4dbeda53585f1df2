// How every command ends: mistakes as their own text on standard error, and the exit codes of the README.
internal import ArgumentParser
internal import CPUBackend
internal import Diagnostics
internal import Foundation
import Runner

extension Repro {
  static func main() {
    if let fault = FloatingPointModes.fault {
      leave(
        Diagnostics([
          Diagnostic(
            "the processor's floating-point mode was changed before this program began: \(fault)",
            hint: "a library that is loaded with it does that, such as one of LD_PRELOAD built with -ffast-math; start "
              + "without it, or no result has its bytes")
        ]))
    }
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let diagnostic as Diagnostic {
      leave(Diagnostics([diagnostic]))
    } catch let diagnostics as Diagnostics {
      leave(diagnostics)
    } catch is Interrupted {
      FileHandle.standardError.write(Data("repro: stopped; what is done is kept, the same command goes on from there\n".utf8))
      // As shells count a program that a signal ended.
      Foundation.exit(130)
    } catch {
      let code = exitCode(for: error)
      // What is neither ours nor the parser's: a call of the system that failed.
      if code == .failure, !(error is ExitCode) {
        let isFull = (error as NSError).code == NSFileWriteOutOfSpaceError || "\(error)".contains("No space left on device")
        leave(
          Diagnostics([
            Diagnostic(
              (error as NSError).domain == NSCocoaErrorDomain ? error.localizedDescription : "\(error)",
              hint: isFull ? "free some space and run the same command again; nothing is lost" : nil,
              kind: error is CocoaError || isFull ? .missing : .ours)
          ]))
      }
      var message = fullMessage(for: error)
      if code == .validationFailure { message += dashHint(message) }
      if code.isSuccess {
        if !message.isEmpty { print(message) }
        Foundation.exit(0)
      }
      if !message.isEmpty { FileHandle.standardError.write(Data((message + "\n").utf8)) }
      // The parser's own number for wrong usage is 64.
      Foundation.exit(code == .validationFailure ? 2 : code.rawValue)
    }
  }

  /// What is not taken because it begins with a dash: how it is written.
  private static func dashHint(_ message: String) -> String {
    let isDashed = CommandLine.arguments.dropFirst().contains { $0.hasPrefix("-") && !$0.hasPrefix("--") }
    guard
      message.contains("Unknown option '-") || message.contains("Missing value for '-")
        || isDashed && message.contains("Missing expected argument")
    else { return "" }
    return "\n  hint: an argument that begins with a dash follows -- (repro show cell -- -a1b2), a value is joined to its "
      + "option (--audio=-a1b2.wav)"
  }

  /// 3 if all that is wrong is that something is missing, 70 if anything is our fault, else 2.
  private static func leave(_ diagnostics: Diagnostics) -> Never {
    FileHandle.standardError.write(Data((diagnostics.description + "\n").utf8))
    let kinds = diagnostics.list.filter { $0.severity == .error }.map(\.kind)
    if kinds.contains(.ours) { Foundation.exit(70) }
    Foundation.exit(!kinds.isEmpty && kinds.allSatisfy { $0 == .missing } ? 3 : 2)
  }
}
