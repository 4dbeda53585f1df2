// The commands. Standard output is for results, standard error for progress.
import ArgumentParser
import Runner

@main
struct Repro: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repro",
    abstract: "Run, regenerate and verify experiments on audio language models.",
    version: "repro 1.0, cell versions: " + CellVersions.current.text,
    subcommands: [
      AuditCommand.self,
      PaperCommand.self,
      TablesCommand.self,
      VerifyCommand.self,
      AskCommand.self,
      FeaturesCommand.self,
      BenchCommand.self,
      DevelopmentCommand.self,
      CheckCommand.self,
      PlanCommand.self,
      RunCommand.self,
      DiffCommand.self,
      StatusCommand.self,
      ListCommand.self,
      ShowCommand.self,
      ViewCommand.self,
      CleanCommand.self,
      ScoreCommand.self,
      DataCommand.self,
      WriteCommand.self,
      ExportCommand.self,
      TokenizeCommand.self,
    ])
}
