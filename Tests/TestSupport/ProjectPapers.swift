// The papers that the project holds, read from its folder.
public import Diagnostics
internal import Foundation
public import Publications

public enum ProjectPapers {
  public static var folder: String { Fixtures.packageRoot.path + "/paper" }

  /// A paper by its id; without one the default one.
  public static func paper(_ id: String? = nil) throws(Diagnostics) -> PublishedPaper {
    try PaperShelf(folders: [folder]).paper(id)
  }
}
