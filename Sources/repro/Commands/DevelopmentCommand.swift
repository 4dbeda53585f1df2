// Where the micro world's dials were set, for those who want to see it done again.
import ArgumentParser
import CPUBackend
import ExperimentRunner
import Foundation
import MicroWorld

struct DevelopmentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "development",
    abstract: "Make a micro base and try it on the development benchmark, on which its dials were set.",
    shouldDisplay: false)

  @Argument(help: "qwen2-audio-micro or qwen2.5-omni-micro.") var base: String
  @Option var cache: String
  @Option var steps = 300
  @Option var rate = 1e-4
  @Option(parsing: .upToNextOption) var sets: [String] = ["avqa"]
  @Option(parsing: .upToNextOption) var seeds: [UInt64] = [42]
  @Option var groupSize = 4
  @Flag(help: "Take the base that is there.") var known = false
  @Flag var smoke = false
  @OptionGroup var engine: EngineOptions

  func run() throws {
    let development = MicroDevelopment(cache: cache, backend: try engine.makeBackend()) {
      print($0)
      fflush(nil)
    }
    try development.run(
      name: base, size: smoke ? .smoke : .micro, isKnown: known, sets: sets, seeds: seeds,
      trial: MicroDevelopment.Trial(steps: steps, rate: rate, groupSize: groupSize))
  }
}
