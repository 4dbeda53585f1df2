// The report as a Jupyter notebook (nbformat 4.5): prose as Markdown cells, settings as code cells with outputs.
internal import JSONText

extension RunReport {
  public var notebook: String {
    var cells: [JSONValue] = [
      markdownCell((["# \(title)", ""] + summary.map { "- " + $0 }).joined(separator: "\n"), 0)
    ]
    var count = 0
    for cell in self.cells {
      let note = cell.note.trimmed
      if !note.isEmpty { cells.append(markdownCell(note, cells.count)) }
      let source = cell.source.trimmed
      guard !source.isEmpty || !cell.outputs.isEmpty else { continue }
      count += 1
      cells.append(codeCell(source, cell.outputs, cells.count, execution: count))
    }
    let notebook: JSONValue = .object([
      "cells": .array(cells), "nbformat": 4, "nbformat_minor": 5,
      "metadata": .object(["language_info": .object(["name": "yaml", "file_extension": ".yaml"])]),
    ])
    return notebook.indentedText
  }

  private func markdownCell(_ text: String, _ index: Int) -> JSONValue {
    .object([
      "cell_type": "markdown", "id": .string("cell-\(index)"), "metadata": .object([:]), "source": lines(text),
    ])
  }

  private func codeCell(_ source: String, _ outputs: [Output], _ index: Int, execution: Int) -> JSONValue {
    .object([
      "cell_type": "code", "id": .string("cell-\(index)"), "metadata": .object([:]),
      "execution_count": .integer(execution), "source": lines(source),
      "outputs": .array(outputs.map(output)),
    ])
  }

  private func output(_ output: Output) -> JSONValue {
    func display(_ data: KeyValuePairs<String, JSONValue>) -> JSONValue {
      .object(["output_type": "display_data", "metadata": .object([:]), "data": .object(data)])
    }
    switch output {
    case .text(let text):
      return .object(["output_type": "stream", "name": "stdout", "text": lines(text.trimmed + "\n")])
    case .markdown(let text):
      return display(["text/markdown": lines(text.trimmed), "text/plain": lines(text.trimmed)])
    case .plot(_, let svg, let alternative):
      return display(["image/svg+xml": lines(svg), "text/plain": lines(alternative)])
    }
  }

  /// A text as nbformat keeps it: one string a line, line feeds kept.
  private func lines(_ text: String) -> JSONValue {
    let parts = text.split(separator: "\n", omittingEmptySubsequences: false)
    return .array(
      parts.enumerated().compactMap { index, part in
        let line = index + 1 < parts.count ? part + "\n" : part
        return line.isEmpty ? nil : .string(String(line))
      })
  }
}
