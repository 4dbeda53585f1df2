// The micro world: the same from the same seed, nothing of a benchmark in training, read by the real adapters.
import AudioFeatures
import Foundation
import MicroWorld
import Questions
import TestSupport
import Testing

@Suite("The micro world")
struct MicroWorldTests {
  @Test("no benchmark clip, and none of its combinations, is in training or teaching")
  func leaks() {
    for variant in ["benchmark", "development"] {
      let world = MicroWorld(size: .micro, variant: variant)
      let heard = Set((world.taughtClips + world.avqaClips).map(\.id))
      let combinations = Set((world.taughtClips + world.avqaClips).map(\.content))
      #expect(world.benchmarkClips.count == 900)
      for clip in world.benchmarkClips {
        #expect(!heard.contains(clip.id))
        #expect(!combinations.contains(clip.content))
        #expect(clip.content.isReserved)
      }
    }
    let reported = Set(MicroWorld(size: .micro).benchmarkClips.map(\.id))
    #expect(reported.isDisjoint(with: MicroWorld(size: .micro, variant: "development").benchmarkClips.map(\.id)))
  }

  @Test("the sets are read by the real adapters, answers balanced over the places")
  func adapters() throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("world-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: root) }
    let world = MicroWorld(size: .smoke)
    for set in ["avqa", "arc-easy", "mmau-mini"] { try world.write(set, to: root + "/" + set, threads: 2) }
    let avqa = try TrainingSet(avqa: "train_qa.json", in: DataFolder(root + "/avqa"), name: "avqa")
    let arc = try TrainingSet(arc: "ARC-Easy-Train.jsonl", in: DataFolder(root + "/arc-easy"), name: "arc-easy")
    let mmau = try Benchmark(mmau: "mmau-test-mini.json", in: DataFolder(root + "/mmau-mini"), name: "mmau-mini")
    #expect(avqa.questions.count == 12 && arc.questions.count == 12 && mmau.questions.count == 12)
    for question in avqa.questions + mmau.questions {
      #expect(Set(question.choices).count == question.choices.count)
      #expect(question.choices.contains(question.answer ?? ""))
    }
    for (folder, list) in [("avqa", avqa.questions), ("mmau-mini", mmau.questions)] {
      for question in list {
        let waveform = try Waveform.load(path: root + "/\(folder)/" + (question.audioPath ?? ""))
        #expect(abs(waveform.seconds - 2) < 0.01)
        #expect(waveform.samples.contains { abs($0) > 0.01 })
      }
    }
    #expect(arc.questions.allSatisfy { $0.audioPath == nil })
  }

  @Test("the same seed gives the same questions; another seed others")
  func seeds() {
    for set in ["avqa", "arc-easy", "mmau-mini"] {
      #expect(MicroWorld(size: .smoke).document(set) == MicroWorld(size: .smoke).document(set))
      #expect(MicroWorld(size: .smoke).document(set) != MicroWorld(size: .smoke, seed: 2).document(set))
    }
  }

  @Test("every word of the world is in the vocabulary")
  func vocabulary() {
    let words = Set(Knowledge.vocabularyWords)
    let world = MicroWorld(size: .smoke)
    for set in ["avqa", "arc-easy", "mmau-mini"] {
      let texts = world.document(set).split(separator: "\n").filter { $0.contains("question") || $0.contains("stem") }
      #expect(!texts.isEmpty)
    }
    for thing in Knowledge.things { #expect(words.contains(thing.name) && words.contains(thing.synonym)) }
    for word in Knowledge.speakers + Knowledge.contours + Knowledge.counts { #expect(words.contains(word)) }
  }
}
