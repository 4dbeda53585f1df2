// What a site refuses, in words.
internal import Diagnostics
internal import Foundation

func notASite(_ folder: String) -> Diagnostic {
  Diagnostic(
    "is no site of repro view, and would be replaced", at: SourceMark(file: folder),
    hint: "name an empty or new folder with --output")
}

func cannotWrite(_ path: String, _ error: any Error) -> Diagnostic {
  Diagnostic("cannot be written: \(error.localizedDescription)", at: SourceMark(file: path), kind: .missing)
}
