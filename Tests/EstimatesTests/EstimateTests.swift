// Counts of weights, parts of memory and disk at the published sizes, and what does not fit.
import Diagnostics
import Estimates
import Foundation
import Layers
import Models
import TensorCore
import TestSupport
import Testing

@Suite("Estimates")
struct EstimateTests {
  private static let tower = TowerSizes(hiddenSize: 1280, intermediateSize: 5120, headCount: 20)
  static let omni = ModelConfiguration(
    architecture: .qwen25Omni,
    tower: AudioTowerConfiguration(sizes: tower, layerCount: 32, maximumPositions: 1500, halfWindow: 100),
    decoder: DecoderConfiguration(
      sizes: DecoderSizes(
        hiddenSize: 3584, intermediateSize: 18_944,
        heads: AttentionHeads(headCount: 28, keyValueHeadCount: 4, headSize: 128), ropeTheta: 1_000_000),
      layerCount: 28, vocabularySize: 152_064, rmsEpsilon: 1e-6, maximumPositions: 32_768),
    audioTokenID: 151_646)
  static let qwen2Audio = ModelConfiguration(
    architecture: .qwen2Audio,
    tower: AudioTowerConfiguration(sizes: tower, layerCount: 32, maximumPositions: 1500, halfWindow: nil),
    decoder: DecoderConfiguration(
      sizes: DecoderSizes(
        hiddenSize: 4096, intermediateSize: 11_008,
        heads: AttentionHeads(headCount: 32, keyValueHeadCount: 32, headSize: 128), ropeTheta: 10_000),
      layerCount: 32, vocabularySize: 156_032, rmsEpsilon: 1e-5, maximumPositions: 8192),
    audioTokenID: 151_646)

  /// All weights of a small model as it is made, tied and not.
  @Test("the count of weights is that of the model itself", arguments: [ModelArchitecture.qwen2Audio, .qwen25Omni], [false, true])
  func counts(_ architecture: ModelArchitecture, _ ties: Bool) throws {
    let configuration = ModelConfiguration(
      architecture: architecture,
      tower: AudioTowerConfiguration(
        sizes: TowerSizes(hiddenSize: 24, intermediateSize: 40, headCount: 3), layerCount: 2, maximumPositions: 30,
        halfWindow: architecture == .qwen25Omni ? 10 : nil),
      decoder: DecoderConfiguration(
        sizes: DecoderSizes(
          hiddenSize: 20, intermediateSize: 36, heads: AttentionHeads(headCount: 4, keyValueHeadCount: 2, headSize: 6),
          ropeTheta: 100),
        layerCount: 3, vocabularySize: 50, rmsEpsilon: 1e-6, tiesWordEmbeddings: ties, maximumPositions: 64),
      audioTokenID: 7)
    let model = try AudioLanguageModel(configuration, weights: .random(seed: 1, on: ReferenceBackend()))
    let counts = configuration.parameterCounts
    #expect(counts.total == model.parameterCount)
    model.train()
    #expect(counts.trained(freezesTower: false) == model.trainedParameters.reduce(0) { $0 + $1.value.elementCount })
    model.train(freezingTower: true)
    #expect(counts.trained(freezesTower: true) == model.trainedParameters.reduce(0) { $0 + $1.value.elementCount })
  }

  @Test("a fine-tuning of the published models takes 149 and 151 GB for the model, by part")
  func published() {
    for (model, state, text) in [
      (Self.omni, 148.6e9, "149 GB for the model: weights 33 GB, gradients 33 GB, moments 66 GB, reference 17 GB"),
      (Self.qwen2Audio, 151.1e9, "151 GB for the model: weights 34 GB, gradients 34 GB, moments 67 GB, reference 17 GB"),
    ] {
      let parts = TrainingWork().memory(model, stored: 2 * model.parameterCounts.total)
      #expect(abs(Double(parts.state) - state) < 0.1e9, "\(parts.state)")
      #expect(parts.text.hasPrefix(text + "; rows "), "\(parts.text)")
      #expect(parts.inFiles == parts.reference && parts.rows > 4_000_000_000 && parts.rows < 11_000_000_000)
      #expect(parts.moreRows > parts.rows)
      // A fine-tuned model is Float32.
      let after = EvaluationWork().memory(model, stored: 4 * model.parameterCounts.total)
      #expect(after.weights > 32_900_000_000 && after.weights < 33_700_000_000)
      #expect(after.needed < 3_000_000_000)
      let disk = TrainingWork().disk(model, carried: 0)
      #expect(abs(Double(disk.state) - 12 * Double(model.parameterCounts.total)) < 0.05e9)
      #expect(disk.atMost >= 2 * disk.state && abs(Double(disk.kept) - 33.3e9) < 0.5e9)
    }
    var less = TrainingWork()
    (less.statesInPlace, less.keptBytes) = (true, 2)
    let disk = less.disk(Self.omni, carried: 0)
    #expect(abs(Double(disk.atMost) - Double(disk.state + disk.kept)) < 1e9 && !disk.isStateTwice)
    #expect(abs(Double(disk.kept) - 16.7e9) < 0.5e9)
    var half = TrainingWork()
    half.momentBytes = 2
    let counts = Self.omni.parameterCounts
    #expect(half.memory(Self.omni, stored: 0).moments == 4 * counts.total)
    half.freezesTower = true
    #expect(half.memory(Self.omni, stored: 0).gradients == 4 * counts.decoder)
    half.hasReference = false
    #expect(half.memory(Self.omni, stored: 16_500_000_000).reference == 0)
  }

  private func planned(_ count: Int, _ work: TrainingWork = TrainingWork()) -> [PlannedWork] {
    let model = Self.omni
    let stored = 2 * model.parameterCounts.total
    var other = work
    other.momentBytes = 2
    let memory = work.memory(model, stored: stored)
    let forecast = Forecast(
      secondsPerUnit: 1, units: 1000, memory: memory, disk: work.disk(model, carried: 0), basis: .calibrated,
      savings: [
        .init(setting: "grpo.moments=bfloat16", bytes: memory.total - other.memory(model, stored: stored).total)
      ])
    return (1...count).map { PlannedWork(name: "tuned-s\($0)", forecast: forecast) }
  }

  private func texts(_ machine: Machine, _ work: [PlannedWork]) -> [String] {
    machine.shortfalls(work).map(\.description)
  }

  @Test("what does not fit is told in a sentence with what to change; what fits is not")
  func shortfalls() {
    let terabyte = 1_000_000_000_000
    func machine(_ memory: Int, gpu: Int? = nil, disk: Int? = nil) -> Machine {
      Machine(
        memory: memory * 1_000_000_000, gpu: gpu.map { Machine.GPU(name: "a GPU", memory: $0 * 1_000_000_000) },
        freeDisk: disk.map { $0 * 1_000_000_000 } ?? terabyte, cache: "/cache")
    }
    let work = planned(2)
    // The reference lies in its file: 137 GB have to be held.
    #expect(texts(machine(140), work) == [])
    #expect(machine(140).remarks(work).count == 1 && machine(160).remarks(work).isEmpty)
    let total = byteText(work[0].forecast.memory.total)
    let less = byteText(work[0].forecast.memory.total - 4 * Self.omni.parameterCounts.total)
    #expect(
      texts(machine(25), work) == [
        """
        error: tuned-s1: needs about \(total) of memory (\(work[0].forecast.memory.text)), 1 more cell more than there \
        is; this machine has 25 GB
          hint: a machine with more memory gives the same results; even --set grpo.moments=bfloat16, which is another \
        result, needs \(less); --anyway begins all the same
        """
      ])
    // A GPU holds the reference too.
    #expect(texts(machine(2000, gpu: 140), work).first?.contains("a GPU has 140 GB") == true)
    #expect(texts(machine(2000, gpu: 140), work).first?.contains("--set grpo.moments=bfloat16 needs 12") == true)
    #expect(texts(machine(8, gpu: 180), work) == [])
    #expect(machine(8, gpu: 180).remarks(work) == [])
    let disk = texts(machine(200, disk: 230), work)
    #expect(
      disk == [
        """
        error: tuned-s2: needs about 231 GB of disk (33 GB of the cells before it, a state of 99 GB, twice while it is \
        replaced, 33 GB in the end); 230 GB are free in /cache
          hint: REPRO_CACHE names a folder on another disk, repro clean frees this one; --states-in-place needs \
        99 GB less (a run that dies while a state is replaced makes its steps anew); --set grpo.moments=bfloat16 (a \
        third less of a state) and --set precision.checkpoint=bfloat16 (half of what is kept) are other results; \
        --anyway begins all the same
        """
      ])
    // What lies there already needs no room.
    var begun = work
    begun[1].there = 99_000_000_000
    #expect(texts(machine(200, disk: 230), begun) == [])
    #expect(texts(Machine(memory: 200 << 30, freeDisk: nil, cache: "/cache"), work) == [])
  }

  @Test("sizes no machine has are told, not overflowed")
  func enormous() {
    var work = TrainingWork()
    (work.questionsPerStep, work.groupSize, work.maximumTokens) = (1 << 20, 1 << 20, 1 << 30)
    work.questionsPerPass = 1 << 20
    let parts = work.memory(Self.omni, stored: 0)
    #expect(parts.total > 0 && parts.moreRows > 0)
    #expect(work.operations(Self.omni).isFinite)
  }

  @Test("a container's limit counts, of the group and of those it is part of, in both versions")
  func containers() throws {
    let folder = try TemporaryFolder()
    for name in ["proc/self", "sys/fs/cgroup/user/job", "sys/fs/cgroup/memory"] {
      try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
    }
    #expect(Machine.containerLimit(root: folder.path) == nil)
    try folder.write("0::/user/job\n", to: "proc/self/cgroup")
    #expect(Machine.containerLimit(root: folder.path) == nil)
    try folder.write("max\n", to: "sys/fs/cgroup/user/job/memory.max")
    #expect(Machine.containerLimit(root: folder.path) == nil)
    try folder.write("8000000000\n", to: "sys/fs/cgroup/user/memory.max")
    #expect(Machine.containerLimit(root: folder.path) == 8_000_000_000)
    try folder.write("4000000000\n", to: "sys/fs/cgroup/user/job/memory.max")
    #expect(Machine.containerLimit(root: folder.path) == 4_000_000_000)
    try folder.write("5:cpu,memory:/docker/a\n4:pids:/\n", to: "proc/self/cgroup")
    try folder.write("2000000000\n", to: "sys/fs/cgroup/memory/memory.limit_in_bytes")
    #expect(Machine.containerLimit(root: folder.path) == 2_000_000_000)
    #expect(Machine.here(cache: folder.path).memory > 0 && Machine.here(cache: folder.path + "/not/there").freeDisk ?? 0 > 0)
  }

  @Test("bytes in words")
  func words() {
    #expect([0, 999, 1000, 9949, 9951, 999_499, 999_500, 33_020_000_000, 4_500_000_000].map(byteText) == [
      "0 B", "999 B", "1.0 kB", "9.9 kB", "10 kB", "999 kB", "1.0 MB", "33 GB", "4.5 GB",
    ])
  }
}
