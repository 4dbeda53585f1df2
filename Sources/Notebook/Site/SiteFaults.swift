// What a site refuses, in words.
internal import Diagnostics
internal import Foundation

func notAPrediction(_ file: String, line: Int) -> Diagnostic {
  Diagnostic(
    "this line is no prediction of repro run", at: SourceMark(file: file, line: line),
    hint: "predictions made elsewhere are shown by repro score --view")
}

func notASite(_ folder: String) -> Diagnostic {
  Diagnostic(
    "is no site of repro view, and would be replaced", at: SourceMark(file: folder),
    hint: "name an empty or new folder with --output")
}

func cannotWrite(_ path: String, _ error: any Error) -> Diagnostic {
  Diagnostic("cannot be written: \(error.localizedDescription)", at: SourceMark(file: path), kind: .missing)
}
