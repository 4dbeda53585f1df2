// Whether a question can be answered by listening, and only so, as far as its words tell.
//
// The rules, on words in lower case:
// 1. Nothing speaks of what the writer read: captions, descriptions, `according to`, `mentioned`, the lines A1 to A4.
// 2. The question asks for nothing that is seen: colours, clothes, what something looks like, what is in a picture.
//    "In the video" may stand: a video has sound, and prompts can say "audio" for it.
// 3. The question does not hold the right choice's words while it holds no other choice's. "How fast …?" holds no "fast":
//    a word after "how" names a scale, not a place on it.
// 4. No choice refers to others ("all of the above"), for the choices are shuffled.
internal import Questions

enum ListeningRules {
  private static let ofText = phrases(
    "caption", "captions", "captioned", "description", "descriptions", "is described", "are described", "was described",
    "as described", "described in", "described as", "according to", "as stated", "mentioned", "transcript",
    "transcription", "the text", "the passage", "the input", "the inputs", "metadata", "annotation", "annotations",
    "the answers", "provided information", "information provided", "a1", "a2", "a3", "a4", "e1")

  private static let ofSight = phrases(
    "color", "colors", "colour", "colours", "wearing", "visible", "visually", "look like", "looks like", "in the image",
    "in the picture", "in the photo", "on screen", "on the screen", "can be seen", "is seen", "are seen", "is shown",
    "are shown", "in view")

  private static let ofChoices = phrases(
    "of the above", "of these choices", "of the choices", "of the options", "of these options", "both a and b",
    "both b and c", "a and b", "first choice", "second choice", "third choice", "last choice")

  /// Answers that are small words of many questions: "which one".
  private static let smallWords: Set<String> = [" one ", " a ", " the ", " it ", " no ", " yes ", " this ", " there "]

  /// The first rule that a question breaks.
  static func broken(by question: WrittenQuestion) -> Rejection? {
    let asked = WrittenQuestion.words(question.question)
    let choices = question.choices.map(WrittenQuestion.words)
    if ([asked] + choices).contains(where: { has($0, ofText) }) { return .speaks_of_text }
    if has(asked, ofSight) { return .needs_sight }
    if choices.contains(where: { has($0, ofChoices) }) { return .refers_to_choices }
    let parts = asked.split(separator: " ")
    let stated = " " + parts.indices.filter { $0 == 0 || parts[$0 - 1] != "how" }.map { parts[$0] + " " }.joined()
    let told = choices.indices.filter { place in
      choices[place] != " " && !smallWords.contains(choices[place]) && stated.contains(choices[place])
    }
    return told == [question.answer] ? .answer_in_question : nil
  }

  private static func phrases(_ list: String...) -> [String] { list.map { " " + $0 + " " } }
  private static func has(_ words: String, _ phrases: [String]) -> Bool { phrases.contains { words.contains($0) } }
}
