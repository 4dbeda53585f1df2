// What a run's page shows, as data; the writers make Markdown and a Jupyter notebook of it.

/// A report: the experiment as a notebook, its cells in order with their prose, settings and outputs.
public struct RunReport: Sendable, Hashable {
  /// A piece of a cell's output.
  public enum Output: Sendable, Hashable {
    /// Lines as a terminal would show them.
    case text(String)
    /// Markdown, such as a table.
    case markdown(String)
    /// A plot, also written to `plots/<name>.svg`.
    case plot(name: String, svg: String, alternative: String)
  }

  /// A cell of the notebook.
  public struct Cell: Sendable, Hashable {
    /// Prose before the cell; may be the whole of it.
    public var note: String
    /// The cell's settings as YAML; empty for prose alone.
    public var source: String
    public var outputs: [Output]

    public init(note: String = "", source: String = "", outputs: [Output] = []) {
      self.note = note
      self.source = source
      self.outputs = outputs
    }
  }

  public var title: String
  /// Sentences under the title: profile, seeds, what the scale is.
  public var summary: [String]
  public var cells: [Cell]

  public init(title: String, summary: [String], cells: [Cell]) {
    self.title = title
    self.summary = summary
    self.cells = cells
  }

  /// `plots/<name>.svg` of every plot, in order; a name is written once.
  public var plots: [(path: String, text: String)] {
    var seen: Set<String> = []
    return cells.flatMap(\.outputs).compactMap { output in
      guard case .plot(let name, let svg, _) = output, seen.insert(name).inserted else { return nil }
      return ("plots/\(name).svg", svg)
    }
  }

  /// Every file of the report, relative to the version's folder.
  public var files: [(path: String, text: String)] {
    [("report.ipynb", notebook), ("report.md", markdown)] + plots
  }
}
