// Where the micro world's dials were set, for those who want to see it done again.
public import ArgumentParser
import CPUBackend
import Catalogue
import Diagnostics
import Foundation
import MicroModels
public import MicroWorld
import Runner

extension MicroSet: ExpressibleByArgument {}

struct DevelopmentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "development",
    abstract: "Make a micro base and try it on the development benchmark, on which its dials were set.",
    shouldDisplay: false)

  @Argument(help: "qwen2-audio-micro or qwen2.5-omni-micro.", transform: Self.base) var base: CatalogueModel.StandIn
  @Option var cache: String
  @Option var steps = 300
  @Option var rate = 1e-4
  @Option(parsing: .upToNextOption) var sets: [MicroSet] = [.avqa]
  @Option(parsing: .upToNextOption) var seeds: [UInt64] = [42]
  @Option var groupSize = 4
  @Flag(help: "Take the base that is there.") var known = false
  @Flag var smoke = false
  @OptionGroup var engine: EngineOptions

  private static func base(_ word: String) throws -> CatalogueModel.StandIn {
    let allowed = CatalogueModel.StandIn.allCases.map { $0.rawValue + "-micro" }
    guard word.hasSuffix("-micro"), let name = CatalogueModel.StandIn(rawValue: String(word.dropLast(6))) else {
      throw ValidationError("there is no base '\(word)'; " + (suggestion(for: word, among: allowed) ?? ""))
    }
    return name
  }

  func validate() throws {
    if !(2...1024).contains(groupSize) { throw ValidationError("--group-size \(groupSize) is outside 2...1024") }
    if !(1...1_000_000).contains(steps) { throw ValidationError("--steps \(steps) is outside 1...1000000") }
    if !(rate > 0 && rate <= 1) { throw ValidationError("--rate \(rate) is outside above 0, up to 1") }
  }

  func run() throws {
    let development = MicroDevelopment(cache: cache, backend: try engine.makeBackend(), threads: engine.threadCount) {
      print($0)
      fflush(nil)
    }
    try development.run(
      base: base, size: smoke ? .smoke : .micro, isKnown: known, sets: sets, seeds: seeds,
      trial: MicroDevelopment.Trial(steps: steps, rate: rate, groupSize: groupSize))
  }
}
