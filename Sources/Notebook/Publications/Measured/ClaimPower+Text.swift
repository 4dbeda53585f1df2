// What a run can show, for people and for machines.
public import JSONText

extension ClaimPower {
  /// "text-only-mini: shows 2.1 points (claimed 2.3)": the part that asks most decides.
  public var text: String {
    let head = claim.id + ": "
    guard !parts.isEmpty else {
      return head + (openCount > 0 ? "needs rows that nothing here can run" : "is about no difference between two cells")
    }
    let hardest = parts.first { !$0.isShown } ?? parts.max { $0.room > $1.room } ?? parts[0]
    let several = parts.count == 1 ? "" : "\(parts.count(where: \.isShown)) of \(parts.count) parts; hardest: "
    var text = head + several + hardest.text
    if openCount > 0 { text += "; \(openCount) more about rows that nothing here can run" }
    if isShown { return text }
    if let factor { return text + "; about \(fixed(factor, decimals: 0)) times the questions would" }
    return text + "; more seeds would have to, or a larger difference"
  }

  public var json: JSONValue {
    .object([
      "id": .string(claim.id), "family": .string(family), "tests": .integer(testCount), "shown": .boolean(isShown),
      "open": .integer(openCount), "times_the_questions": factor.map { .number($0) } ?? .null,
      "parts": .array(parts.map(\.json)),
    ])
  }
}

extension ClaimPower.Part {
  /// How much larger the claimed size is than what is shown, in points.
  fileprivate var room: Double {
    wantedMargin.map { $0 - (margin ?? 100) } ?? ((claimed ?? 0) - (detectable ?? 100))
  }

  fileprivate var text: String {
    let questions = " on \(grouped(questionCount)) questions" + (isAssumed ? " (errors assumed)" : "")
    if let wantedMargin {
      let found = margin.map { "equals are near within " + fixed($0, decimals: 1) } ?? "nearness is never shown"
      return "\(found) points\(questions), the margin is \(fixed(wantedMargin, decimals: 1))"
    }
    let claimed = claimed.map { "the paper's is " + signed(points: $0) } ?? "the paper prints none"
    return (detectable.map { "shows " + fixed($0, decimals: 1) + " points" } ?? "shows nothing") + questions + ", " + claimed
  }

  fileprivate var json: JSONValue {
    func number(_ value: Double?) -> JSONValue { value.map { .number(($0 * 1000).rounded() / 1000) } ?? .null }
    return .object([
      "claimed": number(claimed), "detectable": number(detectable), "margin": number(margin),
      "wanted_margin": number(wantedMargin), "questions": .integer(questionCount), "assumed": .boolean(isAssumed),
    ])
  }
}

extension [ClaimPower] {
  /// The claims that a run can show, and those that it cannot, with what would decide them.
  public func lines(width: Int) -> [String] {
    func lines(_ title: String, _ claims: [ClaimPower]) -> [String] {
      claims.isEmpty
        ? [] : ["  \(title) (\(claims.count))"] + claims.flatMap { wrapped("    " + $0.text, indent: 6, width: width) }
    }
    let testable = filter { !$0.parts.isEmpty }
    return lines("would be shown at the published size", testable.filter(\.isShown))
      + lines("would not", testable.filter { !$0.isShown }) + lines("not a question of power", filter(\.parts.isEmpty))
  }

  /// The level and the assumptions, in words.
  public static var method: String {
    "With probability 0.8, at 0.05 over a family of claims; disagreements and spread over seeds are those of earlier "
      + "results, else (errors assumed) models disagree on 20 % of the questions and seeds spread by 1 point."
  }
}
