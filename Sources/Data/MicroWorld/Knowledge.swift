// What is known in the micro world: sources of sound, instruments, voices, and facts about them that nobody hears.
//
// Facts are what text-only questions ask, and what two-step questions about a clip need: hear the source, recall the
// fact.

/// A thing with facts. Things without a sound are known from text alone.
public struct Thing: Sendable, Hashable {
  public var name: String
  /// Another word for it, which answers outside the options use.
  public var synonym: String
  public var facts: [Relation: String]
}

/// What can be asked of a thing without hearing it.
public enum Relation: String, Sendable, Hashable, CaseIterable {
  case kind, place, material, family

  /// The question in text alone.
  func question(about name: String) -> String {
    switch self {
    case .kind: "What kind of thing is the \(name)?"
    case .place: "Where would you find the \(name)?"
    case .material: "What is the \(name) made of?"
    case .family: "Which family does the \(name) belong to?"
    }
  }

  /// The question about a clip: the thing has to be heard first.
  var heardQuestion: String {
    switch self {
    case .kind: "What kind of thing makes the sound?"
    case .place: "Where would you find the source of the sound?"
    case .material: "What is the source of the sound made of?"
    case .family: "Which family does the instrument belong to?"
    }
  }
}

/// Everything there is in the micro world, and the facts about it.
public enum Knowledge {
  /// Sources of sound, in the order of `SoundTimbre.all`.
  public static let sources: [Thing] = things([
    ("dog", "hound", "animal", "house", "flesh"), ("cow", "cattle", "animal", "farm", "flesh"),
    ("bird", "sparrow", "animal", "forest", "flesh"), ("frog", "toad", "animal", "pond", "flesh"),
    ("rain", "shower", "weather", "sky", "water"), ("thunder", "storm", "weather", "sky", "air"),
    ("bell", "chime", "tool", "church", "metal"), ("clock", "watch", "tool", "house", "metal"),
    ("siren", "alarm", "machine", "street", "metal"), ("horn", "klaxon", "machine", "street", "metal"),
    ("engine", "motor", "machine", "garage", "metal"), ("hammer", "mallet", "tool", "garage", "wood"),
  ])

  /// Instruments, in the order of `InstrumentTimbre.all`.
  public static let instruments: [Thing] = [
    ("piano", "keyboard", "keys", "wood"), ("organ", "harmonium", "keys", "metal"), ("violin", "fiddle", "strings", "wood"),
    ("guitar", "lute", "strings", "wood"), ("flute", "pipe", "winds", "metal"), ("clarinet", "reed", "winds", "wood"),
    ("trumpet", "bugle", "brass", "metal"), ("tuba", "euphonium", "brass", "metal"),
  ].map { Thing(name: $0.0, synonym: $0.1, facts: [.family: $0.2, .material: $0.3]) }

  /// Known from text alone.
  public static let unheard: [Thing] =
    things([
      ("lion", "cat", "animal", "zoo", "flesh"), ("horse", "pony", "animal", "farm", "flesh"),
      ("owl", "raptor", "animal", "forest", "flesh"), ("fish", "trout", "animal", "pond", "flesh"),
      ("snow", "sleet", "weather", "sky", "water"), ("fog", "mist", "weather", "sky", "air"),
      ("spoon", "ladle", "tool", "kitchen", "metal"), ("broom", "brush", "tool", "kitchen", "wood"),
      ("train", "locomotive", "machine", "street", "metal"), ("crane", "hoist", "machine", "harbour", "metal"),
      ("saw", "blade", "tool", "garage", "metal"), ("boat", "ship", "machine", "harbour", "wood"),
    ])
    + [
      ("cello", "bass", "strings", "wood"), ("harp", "lyre", "strings", "wood"), ("oboe", "bassoon", "winds", "wood"),
      ("trombone", "sackbut", "brass", "metal"),
    ].map { Thing(name: $0.0, synonym: $0.1, facts: [.family: $0.2, .material: $0.3]) }

  public static let speakers = ["man", "woman", "child", "robot"]
  static let speakerSynonyms = ["man": "gentleman", "woman": "lady", "child": "kid", "robot": "android"]
  public static let contours = ["rising", "falling", "flat", "wavy"]
  /// What a contour means: the second step of a question about a voice.
  public static let utterances = ["rising": "question", "falling": "statement", "flat": "list", "wavy": "song"]
  public static let speeds = ["slow", "moderate", "fast", "rapid"]
  public static let melodies = ["climbing", "descending", "repeating", "jumping"]
  public static let counts = ["one", "two", "three", "four"]
  public static let backgrounds = ["hiss", "rumble", "hum", "crackle"]

  private static let values: [Relation: [String]] = [
    .kind: ["animal", "weather", "machine", "tool"],
    .place: [
      "house", "farm", "forest", "pond", "sky", "church", "street", "garage", "zoo", "kitchen", "harbour",
    ],
    .material: ["flesh", "water", "air", "metal", "wood"],
    .family: ["keys", "strings", "winds", "brass"],
  ]

  /// All answers a relation can have.
  public static func answers(_ relation: Relation) -> [String] { values[relation] ?? [] }

  public static var things: [Thing] { sources + instruments + unheard }

  /// Other words for answers, used outside the options.
  public static let synonyms: [String: String] = {
    var table = speakerSynonyms
    for thing in things { table[thing.name] = thing.synonym }
    let others: KeyValuePairs = [
      "animal": "creature", "weather": "climate", "machine": "device", "tool": "utensil", "house": "home",
      "farm": "ranch", "forest": "woods", "pond": "lake", "sky": "heaven", "church": "chapel", "street": "road",
      "garage": "workshop", "zoo": "menagerie", "kitchen": "pantry", "harbour": "port", "flesh": "meat",
      "water": "liquid", "air": "gas", "metal": "steel", "wood": "timber", "keys": "keyboards", "strings": "chordophones",
      "winds": "woodwinds", "brass": "horns", "rising": "upward", "falling": "downward", "flat": "level", "wavy": "waving",
      "question": "query", "statement": "claim", "list": "series", "song": "tune", "slow": "sluggish",
      "moderate": "medium", "fast": "quick", "rapid": "hurried", "climbing": "ascending", "descending": "dropping",
      "repeating": "constant", "jumping": "leaping", "one": "once", "two": "twice", "three": "thrice",
      "four": "quadruple", "hiss": "static", "rumble": "drone", "hum": "buzz", "crackle": "popping",
    ]
    for (word, other) in others { table[word] = other }
    return table
  }()

  private static func things(_ rows: [(String, String, String, String, String)]) -> [Thing] {
    rows.map { Thing(name: $0.0, synonym: $0.1, facts: [.kind: $0.2, .place: $0.3, .material: $0.4]) }
  }
}
