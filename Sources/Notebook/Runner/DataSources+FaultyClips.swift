// Clips that are there and cannot be heard whole: found before the first question is asked, all at once.
internal import Catalogue
public import Diagnostics
internal import Experiments
internal import Questions

extension DataSources {
  /// How many clips are named one by one.
  private static let namedCount = 20

  /// What is wrong with the clips that an experiment's cells hear, with the questions about them. What is missing is
  /// told elsewhere.
  func faultyClips(of experiment: Experiment) -> [Diagnostic] {
    var mistakes: [Diagnostic] = []
    var named = 0
    for (set, heard) in heardClips(of: experiment) {
      do throws(Diagnostics) {
        let questions = try questions(set)
        let faults = try faults(ofClips: heard.clips.sorted(), in: folder(set))
        if heard.isOfNothing {
          mistakes.append(
            Diagnostic(
              "no clip of '\(set.name)' can be heard, so that no subset is left",
              at: SourceMark(file: try folder(set) + "/" + (try file(set))), hint: "repro data lint --json names every one"))
        }
        guard !faults.isEmpty else { continue }
        var asked: [String: [String]] = [:]
        for question in questions { if let clip = question.audioPath { asked[clip, default: []].append(question.id) } }
        for (name, fault) in faults.sorted(by: { $0.key < $1.key }).prefix(Self.namedCount - named) {
          mistakes.append(fault.about(asked[name] ?? []))
          named += 1
        }
        let askedCount = asked.filter { faults[$0.key] != nil }.flatMap(\.value).count
        mistakes.append(try summary(set, faults.count, askedCount, of: questions.count))
      } catch { mistakes += error.list }
    }
    return mistakes
  }

  private struct HeardClips {
    var clips: Set<String> = []
    /// Whether a subset keeps nothing, though clips are there.
    var isOfNothing: Bool
  }

  /// Sets whose clips any cell hears, in the order of the cells.
  private func heardClips(of experiment: Experiment) -> [(set: DataSet, heard: HeardClips)] {
    var list: [(set: DataSet, heard: HeardClips)] = []
    var known: [String: KeptQuestions?] = [:]
    func hear(_ set: DataSet, _ rule: QuestionSubset, _ clips: (KeptQuestions?) throws(Diagnostics) -> [String]) {
      // A set that is not there, or cannot be read, is told with what is missing.
      do throws(Diagnostics) {
        let name = set.name + " " + rule.rawValue
        if known[name] == nil { known[name] = .some(try keptQuestions(set, rule)) }
        let kept = known[name] ?? nil
        let census = ClipCensus(try questions(set), in: DataFolder(try folder(set)))
        let there = Set(try clips(kept)).subtracting(census.missing)
        let isOfNothing = kept?.ids.isEmpty == true && !census.present.isEmpty
        if let index = list.firstIndex(where: { $0.set == set }) {
          list[index].heard.clips.formUnion(there)
          list[index].heard.isOfNothing = list[index].heard.isOfNothing || isOfNothing
        } else {
          list.append((set, HeardClips(clips: there, isOfNothing: isOfNothing)))
        }
      } catch {}
    }
    for cell in experiment.cells {
      switch cell {
      case .train(let train, _) where train.audio:
        hear(train.on, experiment.data.subset(train)) { kept throws(Diagnostics) in
          var all: [String] = []
          let course = experiment.course(train)
          for seed in experiment.seeds { all += try clips(train, course, seed: seed, kept) }
          return all
        }
      case .evaluate(let evaluate) where evaluate.audio.contains(true):
        hear(evaluate.on, experiment.data.subset(evaluate)) { kept throws(Diagnostics) in
          try clips(evaluate.on, kept)
        }
      default: break
      }
    }
    return list
  }

  private func summary(_ set: DataSet, _ clips: Int, _ questions: Int, of total: Int) throws(Diagnostics) -> Diagnostic {
    let remedy =
      set.role == .training
      ? Self.trainingRemedy(total - questions, of: total)
      : "--set data.subset=clips_usable asks only about the others, and its rows are not comparable"
    return Diagnostic(
      "\(clips) of the clips of '\(set.name)' cannot be heard; \(questions) of its \(total) questions are about them",
      at: SourceMark(file: try folder(set) + "/" + (try file(set))),
      hint: "repro data lint --json names every one; fetch or mend them, or " + remedy)
  }
}

extension Diagnostic {
  /// The same of a clip, with the questions that are about it.
  public func about(_ questions: [String]) -> Diagnostic {
    var told = self
    told.path = questions.prefix(3).joined(separator: ", ") + (questions.count > 3 ? " and \(questions.count - 3) more" : "")
    return told
  }
}
