// `repro data unpack`: questions and clips that stand in parquet, made files of.
import ArgumentParser
import Diagnostics
import Foundation
import QuestionWriting

struct DataUnpackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unpack",
    abstract: "Makes files of the clips that stand in parquet files.",
    discussion: """
      Writes the questions as JSON lines and every clip as a file beside them, under the name the file gives it, else \
      under its question's id. A shard (train-00000-of-00003.parquet) stands for its whole set. What is there already is \
      kept if it is the same; nothing is overwritten. Parquet files without clips need no unpacking: they are read as \
      they are.
      """)

  @Argument(help: ArgumentHelp("Parquet files of questions.", valueName: "file")) var files: [String]
  @Option(help: "The folder to write to; the first file's without it.") var output: String?

  func run() throws {
    let unpacking = try ClipUnpacking(files, output: output)
    let isTerminal = isatty(2) == 1
    let sets = try unpacking.run { done, total in
      if isTerminal, done % 50 == 0 { FileHandle.standardError.write(Data("\r\(done) of \(total) clips".utf8)) }
    }
    if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    for set in sets {
      var facts = "\(set.file): \(counted(set.questions, "question"))"
      if set.written + set.kept > 0 {
        facts += "; \(counted(set.written, "clip")) written"
        if set.kept > 0 { facts += ", \(set.kept) there already" }
      }
      print(facts)
      if set.without > 0 { print("  \(counted(set.without, "question")) without a clip in the file") }
    }
  }
}
