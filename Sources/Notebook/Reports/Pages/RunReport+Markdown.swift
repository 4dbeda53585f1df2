// The report as a page that code hosts render.

extension RunReport {
  public var markdown: String {
    var parts = ["# \(title)"]
    if !summary.isEmpty { parts.append(summary.map { "- " + $0 }.joined(separator: "\n")) }
    for cell in cells {
      let note = cell.note.trimmed
      if !note.isEmpty { parts.append(note) }
      let source = cell.source.trimmed
      if !source.isEmpty { parts.append(fenced(source, language: "yaml")) }
      for output in cell.outputs {
        switch output {
        case .text(let text): parts.append(fenced(text.trimmed, language: "text"))
        case .markdown(let text): parts.append(text.trimmed)
        case .plot(let name, _, let alternative): parts.append("![\(alternative)](plots/\(name).svg)")
        }
      }
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  /// A fence longer than any run of backticks inside.
  private func fenced(_ text: String, language: String) -> String {
    var longest = 0
    var current = 0
    for character in text {
      current = character == "`" ? current + 1 : 0
      longest = max(longest, current)
    }
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return "\(fence)\(language)\n\(text)\n\(fence)"
  }
}

extension String {
  /// Without line feeds at either end.
  var trimmed: String {
    var text = self[...]
    while text.first?.isNewline == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
