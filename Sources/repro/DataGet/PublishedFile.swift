// The files of data sets that stand at a plain public address, and what is known of their content.
internal import ContentHash
internal import Diagnostics
internal import Foundation
internal import MicroWorld
internal import Questions
internal import ResultStore

/// A file at a public address.
struct PublishedFile: Sendable, Hashable {
  enum Form: Sendable, Hashable {
    case questions(DataForm)
    case table(SourceTable.Form)
  }

  /// Relative to the data folder; a mirror has the same layout.
  var path: String
  var address: String
  var form: Form
  /// Of the file, where it is known.
  var sha256: String?
  /// Of what it asks, where that is known: ids, questions, choices and answers, in whatever form.
  var content: String?
  /// Questions, where the number is known.
  var count: Int?

  /// The largest of them has some 100 MB.
  static let limit = 1 << 30

  private static func mmau(_ set: MicroSet, at commit: String, sha256: String?) -> PublishedFile {
    let name = set.publishedFiles[0]
    return PublishedFile(
      path: set.folder + "/" + name, address: "https://raw.githubusercontent.com/Sakshi113/MMAU/\(commit)/\(name)",
      form: .questions(.mmau), sha256: sha256, count: name == "mmau-test.json" ? 9000 : 1000)
  }

  private static let captions = PublishedFile(
    path: "audiosetcaps/VGGSound_AudioSetCaps_caption.csv",
    address: "https://huggingface.co/datasets/baijs/AudioSetCaps/resolve/main/Dataset/VGGSound_AudioSetCaps_caption.csv",
    form: .table(.audiosetcaps))

  /// The files of a set; none where no plain address is known.
  static func files(of set: MicroSet) -> [PublishedFile] {
    func digest(_ revision: MMAURevision) -> String? {
      PublishedRevision.all.first { $0.commit == revision.commit }?.fileDigest
    }
    switch set {
    case .mmauMini: return [mmau(set, at: MMAURevision.original.commit, sha256: digest(.original))]
    case .mmauMiniRevised: return [mmau(set, at: MMAURevision.revised.commit, sha256: digest(.revised))]
    case .mmauFull: return [mmau(set, at: MMAURevision.original.commit, sha256: nil)]
    case .mmauFullRevised: return [mmau(set, at: MMAURevision.revised.commit, sha256: nil)]
    case .mmar:
      return [
        PublishedFile(
          path: "mmar/MMAR-meta.jsonl", address: "https://raw.githubusercontent.com/ddlBoJack/MMAR/main/MMAR-meta.jsonl",
          form: .questions(.mmar), content: "63d73f0144ba7bcdfe84a0507e814c162f9298a2f1d7f099634a9809dcc6d153",
          count: 1000)
      ]
    case .avqaGPT: return [captions]
    case .vggsGPT:
      return [
        PublishedFile(
          path: "vggsound/vggsound.csv", address: "https://www.robots.ox.ac.uk/~vgg/data/vggsound/vggsound.csv",
          form: .table(.vggsound)), captions,
      ]
    case .avqa, .arcEasy: return []
    }
  }

  /// What has to be fetched by hand for a set, and why.
  static func byHand(_ set: MicroSet) -> [String] {
    let root = DataNeed.root + "/" + set.folder
    let videos = "the sound of its clips, as \(root)/audio/<video_name>.wav: from YouTube, where some are gone and none may be "
      + "passed on"
    switch set {
    case .avqa:
      return [
        "\(root)/train_qa.json: mn.cs.tsinghua.edu.cn/avqa gives it behind links of file stores, which no program can ask",
        videos,
      ]
    case .avqaGPT:
      return ["\(root)/train_qa_gpt.json: `repro write --clips \(root)/train_qa.json` writes it from the captions", videos]
    case .vggsGPT:
      return ["\(root)/train_qa_gpt.json: `repro write --clips \(root)/vggsound.csv` writes it from the captions", videos]
    case .arcEasy:
      return [
        "\(root)/ARC-Easy-Train.jsonl lies in an archive of some 700 MB:\n"
          + "    curl -LC - -O https://ai2-public-datasets.s3.amazonaws.com/arc/ARC-V1-Feb2018.zip\n"
          + "    unzip -p ARC-V1-Feb2018.zip ARC-V1-Feb2018-2/ARC-Easy/ARC-Easy-Train.jsonl > \(root)/ARC-Easy-Train.jsonl"
      ]
    case .mmauMini, .mmauMiniRevised:
      return [
        "\(root)/test-mini-audios: an archive that github.com/Sakshi113/MMAU links (\"test-mini audios\"), in a store that asks "
          + "a person to confirm; the clips of the two revisions are not all the same"
      ]
    case .mmauFull, .mmauFullRevised:
      return [
        "\(root)/test-audios: hf download gamma-lab-umd/MMAU-test test-audios.tar.gz --repo-type dataset, unpacked there; "
          + "many gigabytes"
      ]
    case .mmar:
      return [
        "\(root)/audio: hf download BoJack/MMAR mmar-audio.tar.gz --repo-type dataset, unpacked there; several gigabytes"
      ]
    }
  }

  /// How sure one can be of the file once it has been checked.
  var certainty: String {
    if sha256 != nil { return "SHA-256 as published" }
    if content != nil { return "it asks what was published, word for word; the file's own digest is not pinned" }
    return "form" + (count == nil ? "" : " and number") + " as published; no digest of it is known here"
  }

  /// What is wrong with a file that is to be this one; nil if nothing is.
  func mistake(_ file: String) -> String? {
    do throws(Diagnostic) {
      if let sha256 {
        let found = try FileDigests.sha256(file)
        if found == sha256 { return nil }
        return "its SHA-256 is \(found.prefix(16))…, that of the published file \(sha256.prefix(16))…" + (hint(file) ?? "")
      }
    } catch { return error.description }
    if let other = hint(file) { return "it" + other.dropFirst(4) }
    do throws(Diagnostics) {
      switch form {
      case .table(let form):
        guard SourceTable.form(of: file) == form else { return "it is no table of \(form.rawValue)" }
        _ = try SourceTable(file, form: form)
      case .questions(let form):
        let read = try QuestionFile(file, form: form)
        if let count, read.questions.count != count {
          return "it has \(read.questions.count) questions, the published file \(count)"
        }
        let items = read.questions.map {
          RevisionItem(id: $0.id, question: $0.question, choices: $0.choices, answer: $0.answer ?? "")
        }
        if let content, PublishedRevision.contentDigest(of: items) != content {
          return "its questions are not word for word those that were published when this program was made"
        }
      }
    } catch { return error.sorted.first.map { $0.fact } ?? "it cannot be read" }
    return nil
  }

  /// What it may be instead, told by its first bytes.
  private func hint(_ file: String) -> String? {
    guard let handle = FileHandle(forReadingAtPath: file) else { return nil }
    defer { try? handle.close() }
    let start = String(decoding: ((try? handle.read(upToCount: 256)) ?? nil) ?? Data(), as: UTF8.self)
    if start.hasPrefix("version https://git-lfs") { return "; it is a pointer of Git LFS, not the file" }
    if start.drop(while: \.isWhitespace).first == "<" { return "; it is a web page, not the file" }
    return start.isEmpty ? "; it is empty" : nil
  }
}
