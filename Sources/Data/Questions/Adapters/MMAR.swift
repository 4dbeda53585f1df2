// MMAR: mixtures of sound, music and speech.
public import Diagnostics
internal import JSONText

extension Benchmark {
  /// Reads MMAR's questions, JSON lines or a list. Further keys (`thinking`, `cue`, `rubric`) are passed over.
  ///
  ///     {"id": "qx8h…_00-01-32_00-02-02", "audio_path": "./audio/qx8h…_00-01-32_00-02-02.wav", "question": "…",
  ///      "choices": ["Mountain Canyon", "Dense Forest"], "answer": "Dense Forest", "modality": "music",
  ///      "category": "Cultural Layer", "sub-category": "…", "language": null, "source": "youtube", "url": "…",
  ///      "timestamp": "00:01:32,00:02:02"}
  ///
  /// - Throws: every mistake with the item's id.
  public init(mmar file: String, in folder: DataFolder, name: String) throws(Diagnostics) {
    var reader = RowReader(file, in: folder)
    var questions: [AudioQuestion] = []
    for (index, row) in try readRows(reader.document).enumerated() {
      let id = reader.id(row, index: index)
      let audio = reader.path(reader.text(row, "audio_path", item: id), row, item: id)
      questions.append(
        AudioQuestion(
          id: id, audioPath: audio, question: reader.text(row, "question", item: id),
          choices: reader.texts(row, "choices", item: id), answer: row.json["answer"]?.string.flatMap { $0.isEmpty ? nil : $0 },
          category: row.json["modality"]?.string ?? "", subCategory: row.json["sub-category"]?.string ?? ""))
    }
    try reader.finish(ids: questions.map(\.id))
    self.init(name: name, folder: folder.path, questions: questions)
  }
}
