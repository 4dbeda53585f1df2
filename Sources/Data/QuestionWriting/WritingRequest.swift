// What a language model is asked: an instruction with one worked example, then the four answers about a clip.
internal import ContentHash
public import JSONText

/// How questions are asked for: the instruction, the model, and what else the request says.
public struct WritingSettings: Sendable, Hashable {
  public var model: String
  public var instruction: String
  /// Nil leaves it to the server.
  public var temperature: Double?
  /// The most tokens of a reply; nil leaves it to the server.
  public var maximumTokens: Int?

  public init(
    model: String, instruction: String = WritingSettings.ownInstruction, temperature: Double? = nil,
    maximumTokens: Int? = nil
  ) {
    self.model = model
    self.instruction = instruction
    self.temperature = temperature
    self.maximumTokens = maximumTokens
  }

  /// The worked example at its end is a clip that is in no data set.
  public static let ownInstruction = """
    You write multiple-choice questions that test how well somebody listens. A listening model has heard a recording \
    of ten seconds and was asked about four things. You are given what it said, a line each:
    A1: what happens in the recording as a whole
    A2: the sounds
    A3: the speech, if there is any
    A4: the music, if there is any

    Write one question about the recording.
    - Nobody can answer it without hearing the recording, and everybody can who listens well.
    - It has exactly four choices. One is right. The other three are of the same kind and easy to believe, but clearly \
    wrong for this recording.
    - Speak of the recording, the sound, the speaker, the music; never of these lines or of any text.
    - The question does not give its answer away, and asks for nothing that has to be seen.
    - No choice refers to other choices.
    - Ask only about what the lines agree on. What they say is missing is not asked about.

    Reply with one JSON object and nothing else; "answer" is the place of the right choice, counted from 0:
    {"question_text": "…", "multi_choice": ["…", "…", "…", "…"], "answer": 0}

    An example.
    A1: Rain falls steadily on a metal roof while a train passes in the distance and sounds its horn twice.
    A2: Rain drums on metal, wheels rattle far away, a horn is blown two times.
    A3: There is no speech.
    A4: There is no music.
    {"question_text": "How often is the horn sounded?", "multi_choice": ["once", "twice", "four times", \
    "without a pause"], "answer": 1}
    """

  /// What the user says of a clip.
  public func text(about clip: ClipAnswers) -> String {
    ClipAnswers.Aspect.allCases.enumerated().map { index, aspect in
      let answer = clip[aspect].split(whereSeparator: \.isNewline).joined(separator: " ")
      return "A\(index + 1): " + (answer.isEmpty ? "(nothing was said)" : answer)
    }.joined(separator: "\n")
  }

  /// The body of a request of the chat completions interface, as a server wants it.
  public func body(about clip: ClipAnswers, for dialect: ServerDialect = ServerDialect()) -> JSONValue {
    func message(_ role: String, _ text: String) -> JSONValue {
      .object(["role": .string(role), "content": .string(text)])
    }
    let text = text(about: clip)
    let messages =
      dialect.joinsInstruction
      ? [message("user", instruction + "\n\n" + text)] : [message("system", instruction), message("user", text)]
    var object = JSONObject([("model", .string(model)), ("messages", .array(messages))])
    if let temperature { object["temperature"] = .number(temperature) }
    if let maximumTokens {
      object[dialect.namesCompletionTokens ? "max_completion_tokens" : "max_tokens"] = .integer(maximumTokens)
    }
    return .object(object)
  }

  /// Names a request: another model, instruction or answer is another request.
  func digest(about clip: ClipAnswers) -> String { Digest(of: body(about: clip).canonicalText).hexadecimal }

  /// The questions of the instruction's own examples; a model that repeats one has written nothing.
  var examples: [WrittenQuestion] {
    var examples: [WrittenQuestion] = []
    for json in ReplyText.objects(in: instruction) {
      if case .success(let question) = WrittenQuestion.reading(json) { examples.append(question) }
    }
    return examples
  }
}

/// Tokens, and what they cost.
public struct WritingCost: Sendable, Hashable {
  /// Tokens of requests and of replies.
  public var promptTokens: Int
  public var replyTokens: Int

  public init(promptTokens: Int = 0, replyTokens: Int = 0) {
    self.promptTokens = promptTokens
    self.replyTokens = replyTokens
  }

  /// Before anything is asked: a token for four bytes of UTF-8, four more for each of the two messages, 80 for a reply.
  public init(estimating clips: [ClipAnswers], _ settings: WritingSettings) {
    self.init()
    let shared = settings.instruction.utf8.count
    for clip in clips {
      promptTokens += (shared + settings.text(about: clip).utf8.count + 3) / 4 + 8
      replyTokens += min(80, settings.maximumTokens ?? 80)
    }
  }

  mutating func add(_ other: WritingCost) {
    promptTokens += other.promptTokens
    replyTokens += other.replyTokens
  }

  /// In the currency of the prices, which are for a million tokens.
  public func price(prompt: Double, reply: Double) -> Double {
    (Double(promptTokens) * prompt + Double(replyTokens) * reply) / 1e6
  }
}
