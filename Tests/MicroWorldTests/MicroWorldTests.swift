// The micro world: the same from the same seed, nothing of a benchmark in training, read by the real adapters.
import AudioFeatures
import ContentHash
import Foundation
import JSONText
import MicroWorld
import Questions
import TestSupport
import Testing

private let trainingSets: [MicroSet] = [.avqa, .avqaGPT, .vggsGPT]
private let benchmarks: [MicroSet] = [.mmauMini, .mmauFull, .mmauMiniRevised, .mmauFullRevised, .mmar]

@Suite("The micro world")
struct MicroWorldTests {
  /// Question and choices, whatever their order.
  private func asked(_ world: MicroWorld, _ set: MicroSet, root: String) throws -> [AudioQuestion] {
    let folder = DataFolder(root + "/" + set.folder)
    switch set {
    case .arcEasy: return try TrainingSet(arc: set.file, in: folder, name: set.rawValue).questions
    case .mmar: return try Benchmark(mmar: set.file, in: folder, name: set.rawValue).questions
    case _ where trainingSets.contains(set):
      return try TrainingSet(avqa: set.file, in: folder, name: set.rawValue).questions
    default: return try Benchmark(mmau: set.file, in: folder, name: set.rawValue).questions
    }
  }

  @Test("no question says video, so that the rule of AVQA's training questions changes none of them")
  func wording() throws {
    for size in [WorldSize.micro, .smoke] {
      for set in MicroSet.allCases {
        var document = MicroWorld(size: size).document(set).lowercased()
        for key in ["video_name", "video_id"] { document = document.replacingOccurrences(of: key, with: "") }
        let saysVideo = document.contains("video")
        #expect(!saysVideo, "\(set)")
      }
    }
  }

  @Test("no benchmark clip, and none of its combinations, is in training or teaching")
  func leaks() {
    for variant in [MicroWorld.reported, MicroWorld.development] {
      let world = MicroWorld(size: .micro, variant: variant)
      let training = world.taughtClips + trainingSets.flatMap { world.clips(of: $0) }
      let heard = Set(training.map(\.id))
      let combinations = Set(training.map(\.content))
      #expect(benchmarks.map { world.clips(of: $0).count } == [2400, 3000, 2400, 3000, 3000])
      for clip in benchmarks.flatMap({ world.clips(of: $0) }) {
        #expect(!heard.contains(clip.id))
        for content in [clip.content] + clip.others {
          #expect(!combinations.contains(content))
          #expect(content.isReserved)
        }
      }
    }
    func ids(_ variant: String) -> Set<String> {
      let world = MicroWorld(size: .micro, variant: variant)
      return Set(benchmarks.flatMap { world.clips(of: $0).map(\.id) })
    }
    // What has been looked at before shares nothing with what is reported.
    for seen in [MicroWorld.development, "benchmark", MicroWorld.first] { #expect(ids(MicroWorld.reported).isDisjoint(with: ids(seen))) }
  }

  @Test("the reported draw is named by the paper's title, and tests keep the first one")
  func draw() throws {
    let paper = try String(contentsOfFile: ProjectPapers.folder + "/omni-r1/paper.yaml", encoding: .utf8)
    let title = "Omni-R1: Do You Really Need Audio to Fine-Tune Your Audio LLM?"
    #expect(paper.contains("title: \"\(title)\""))
    #expect(Digest(of: title).hexadecimal.hasPrefix(MicroWorld.reported) && MicroWorld.reported.count == 16)
    #expect(MicroWorld(size: .micro).variant == MicroWorld.reported)
    #expect(MicroWorld(size: .smoke).variant == "reported")
  }

  @Test("benchmarks share no clip but with their own revision, which changes about a quarter of the items")
  func revisions() throws {
    let world = MicroWorld(size: .micro)
    func ids(_ set: MicroSet) -> Set<String> { Set(world.clips(of: set).map(\.id)) }
    #expect(ids(.mmauMini).isDisjoint(with: ids(.mmauFull)))
    #expect(ids(.mmar).isDisjoint(with: ids(.mmauFull).union(ids(.mmauMini))))
    #expect(ids(.mmauMini) == ids(.mmauMiniRevised))
    for (first, second) in [(MicroSet.mmauMini, MicroSet.mmauMiniRevised), (.mmauFull, .mmauFullRevised)] {
      let old = try JSONValue(parsing: world.document(first), file: first.file).array ?? []
      let new = try JSONValue(parsing: world.document(second), file: second.file).array ?? []
      let changed = zip(old, new).count { $0["question"] != $1["question"] || $0["choices"] != $1["choices"] }
      #expect(old.count == new.count)
      #expect((0.18...0.3).contains(Double(changed) / Double(old.count)))
    }
  }

  @Test("the sets are read by the real adapters; every clip is two seconds of sound")
  func adapters() throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("world-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: root) }
    let world = MicroWorld(size: .smoke)
    var counts: [Int] = []
    for set in MicroSet.allCases {
      try world.write(set, under: root, threads: 2)
      let questions = try asked(world, set, root: root)
      counts.append(questions.count)
      for question in questions {
        #expect(Set(question.choices).count == question.choices.count)
        #expect(question.choices.contains(question.answer ?? ""))
        guard set != .arcEasy else {
          #expect(question.audioPath == nil)
          continue
        }
        let waveform = try Waveform.load(path: root + "/\(set.folder)/" + (question.audioPath ?? ""))
        #expect(abs(waveform.seconds - 2) < 0.01)
        #expect(waveform.samples.contains { abs($0) > 0.01 })
      }
    }
    #expect(counts == [12, 12, 12, 12, 12, 15, 12, 15, 11])
    let mixtures = try asked(world, .mmar, root: root).map(\.category)
    #expect(Set(mixtures).count == 7 && mixtures.contains("mix-sound-music-speech"))
  }

  @Test("right answers stand in every place about equally often")
  func places() throws {
    for set in [MicroSet.avqaGPT, .vggsGPT, .avqa] {
      let rows = try JSONValue(parsing: MicroWorld(size: .micro).document(set), file: set.file).array ?? []
      for place in 0..<4 {
        let share = Double(rows.count { $0["answer"]?.integer == place }) / Double(rows.count)
        #expect((0.2...0.3).contains(share), "\(set) place \(place): \(share)")
      }
    }
  }

  @Test("a caption that is right gives questions whose answers are right; some captions of VGGSound are wrong")
  func captions() throws {
    let world = MicroWorld(size: .micro)
    func wrong(_ set: MicroSet) throws -> Int {
      let rows = try JSONValue(parsing: world.document(set), file: set.file).array ?? []
      return zip(rows, world.clips(of: set)).count { row, clip in
        let answer = row["multi_choice"]?.array?[row["answer"]?.integer ?? 0].string ?? ""
        let question = row["question_text"]?.string ?? ""
        let content = clip.content
        // What one step of hearing answers.
        if question.contains("fast") || question.contains("speed") || question.contains("behind") || question.contains("noise") {
          return answer != content.mannerName
        }
        if question.contains("move") || question.contains("How many") || question.hasSuffix("do?") {
          return answer != content.patternName
        }
        return false
      }
    }
    #expect(try wrong(.avqaGPT) == 0)
    let share = Double(try wrong(.vggsGPT)) / 2400
    #expect((0.005...0.08).contains(share), "\(share)")
  }

  @Test("the same seed gives the same questions; another seed others", arguments: MicroSet.allCases)
  func seeds(_ set: MicroSet) {
    #expect(MicroWorld(size: .smoke).document(set) == MicroWorld(size: .smoke).document(set))
    #expect(MicroWorld(size: .smoke).document(set) != MicroWorld(size: .smoke, seed: 2).document(set))
  }

  @Test("every word a question can have is in the vocabulary", arguments: MicroSet.allCases)
  func vocabulary(_ set: MicroSet) throws {
    let words = Set(Knowledge.vocabularyWords)
    let document = MicroWorld(size: .micro).document(set)
    let rows =
      document.hasPrefix("[")
      ? try JSONValue(parsing: document, file: set.file).array ?? []
      : try document.split(separator: "\n").map { try JSONValue(parsing: String($0), file: set.file) }
    var unknown: Set<String> = []
    for row in rows {
      var texts = [row["question_text"], row["question"], row["question"]?["stem"]].compactMap { $0?.string }
      texts += (row["choices"]?.array ?? row["multi_choice"]?.array ?? []).compactMap(\.string)
      #expect(!texts.isEmpty)
      for word in texts.flatMap({ $0.split { !$0.isLetter } }) where !words.contains(String(word)) {
        unknown.insert(String(word))
      }
    }
    #expect(unknown == [])
    for thing in Knowledge.things { #expect(words.contains(thing.name) && words.contains(thing.synonym)) }
  }

  @Test("every question written from captions passes the rules of written questions, so that they leave the bytes alone")
  func written() throws {
    for (size, set, digest) in [
      (WorldSize.smoke, MicroSet.avqaGPT, "4afa0492499bcde2520fa755d41e0744c39e9a5cc60a6562393166142add5fe9"),
      (.smoke, .vggsGPT, "0492ffaed9fa9f692b053deef86727e30b4178782cb4daa2867e87e6d96d9b7d"),
      (.micro, .avqaGPT, "e1f29a8fc3d4057c3688766c32681cc6670a31af386919bc2d49a6aec8714a46"),
      (.micro, .vggsGPT, "e3d48c1ca477628bc65b7fd9eeaa653df5559d6dfc047a9733955022fd38298d"),
    ] {
      let world = MicroWorld(size: size)
      let document = world.document(set)
      let rows = try JSONValue(parsing: document, file: set.rawValue).array
      #expect(rows?.count == world.clips(of: set).count)
      // As the writer made them before there were rules.
      #expect(Digest(of: document).hexadecimal == digest)
    }
  }
}
