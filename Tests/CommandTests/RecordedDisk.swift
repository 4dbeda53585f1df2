// A disk of which every change was recorded, and what may be left of it when the power goes.
//
// POSIX promises: what `fsync` or `fdatasync` of a file returned from is its content; what `fsync` of a folder returned
// from are its names. Of all later writes and names any part may be there. The disks made here are the ends of that
// range, and a torn middle.
import Foundation

/// One change to a file, as `REPRO_FILE_RECORD` has it.
struct RecordedChange: Sendable, CustomStringConvertible {
  var kind: String
  var path: String
  /// The new name of a rename.
  var name = ""
  var length = 0
  var bytes: [UInt8] = []
  var description: String { kind + " " + path + (name.isEmpty ? "" : " " + name) }

  /// The changes of a record, in order; nil if it is not one.
  static func all(_ record: [UInt8]) -> [RecordedChange]? {
    var list: [RecordedChange] = []
    var place = 0
    while place < record.count {
      guard let end = record[place...].firstIndex(of: 0x0A) else { return nil }
      let words = String(decoding: record[place..<end], as: UTF8.self).components(separatedBy: "\t")
      guard words.count == (words[0] == "rename" ? 4 : 3), let number = Int(words[words.count - 1]) else { return nil }
      var change = RecordedChange(kind: words[0], path: words[1], name: words.count == 4 ? words[2] : "", length: number)
      place = end + 1
      if change.kind == "write" {
        guard record.count - place >= number else { return nil }
        change.bytes = Array(record[place..<place + number])
        place += number
      }
      list.append(change)
    }
    return list
  }
}

/// What a crash leaves of changes that were not made durable.
enum CrashKind: String, CaseIterable, Sendable {
  /// The process alone dies: all changes are there.
  case kill
  /// Content that was not flushed is lost; names are there.
  case contentLost
  /// Half of what was added to a file since its last flush is there.
  case contentTorn
  /// Names that were not flushed are lost; content is there.
  case namesLost
  /// Both are lost.
  case bothLost
}

/// The tree that changes make, beside the part of it that is durable.
struct RecordedDisk {
  private struct File {
    var content: [UInt8] = []
    var durable: [UInt8] = []
    var place = 0
  }

  private enum Node {
    case file(Int)
    case folder(Int)
  }

  private var files: [File] = []
  /// Names in each folder, and those of them that are durable.
  private var names: [[String: Node]] = [[:]]
  private var durable: [[String: Node]] = [[:]]

  private mutating func newFolder() -> Int {
    names.append([:])
    durable.append([:])
    return names.count - 1
  }

  /// The folder of a path's parent and the path's last part. Folders that no change made were there before: durable.
  private mutating func place(of path: String) -> (folder: Int, name: String) {
    let parts = path.split(separator: "/").map(String.init)
    var folder = 0
    for part in parts.dropLast() {
      if case .folder(let next)? = names[folder][part] { folder = next } else {
        let next = newFolder()
        names[folder][part] = .folder(next)
        durable[folder][part] = .folder(next)
        folder = next
      }
    }
    return (folder, parts.last ?? "")
  }

  mutating func apply(_ change: RecordedChange) {
    let (folder, name) = place(of: change.path)
    switch change.kind {
    case "create":
      if case .file(let file)? = names[folder][name] {
        // The same file, emptied.
        files[file].content = []
        files[file].place = 0
      } else {
        files.append(File())
        names[folder][name] = .file(files.count - 1)
      }
    case "make folder":
      let made = newFolder()
      names[folder][name] = .folder(made)
    case "remove": names[folder][name] = nil
    case "rename":
      let (target, newName) = place(of: change.name)
      names[target][newName] = names[folder][name]
      names[folder][name] = nil
    case "flush folder":
      if case .folder(let own)? = names[folder][name] { durable[own] = names[own] }
    default: applyContent(change, folder, name)
    }
  }

  private mutating func applyContent(_ change: RecordedChange, _ folder: Int, _ name: String) {
    guard case .file(let file)? = names[folder][name] else { return }
    switch change.kind {
    case "write":
      let end = files[file].place + change.bytes.count
      if files[file].content.count < end {
        files[file].content += [UInt8](repeating: 0, count: end - files[file].content.count)
      }
      files[file].content.replaceSubrange(files[file].place..<end, with: change.bytes)
      files[file].place = end
    case "cut":
      files[file].content = Array(files[file].content.prefix(change.length))
      files[file].place = files[file].content.count
    case "flush": files[file].durable = files[file].content
    default: break
    }
  }

  /// Every file and folder that a crash leaves, by path; a folder has no bytes.
  func left(by kind: CrashKind) -> [String: [UInt8]?] {
    var all: [String: [UInt8]?] = [:]
    func content(_ file: File) -> [UInt8] {
      switch kind {
      case .kill, .namesLost: return file.content
      case .contentLost, .bothLost: return file.durable
      case .contentTorn:
        let kept = file.durable.count + max(0, file.content.count - file.durable.count) / 2
        return file.content.count >= file.durable.count ? Array(file.content.prefix(kept)) : file.durable
      }
    }
    func walk(_ folder: Int, _ path: String) {
      let list = kind == .namesLost || kind == .bothLost ? durable[folder] : names[folder]
      for (name, node) in list {
        switch node {
        case .file(let file): all[path + "/" + name] = content(files[file])
        case .folder(let next):
          all[path + "/" + name] = .some(nil)
          walk(next, path + "/" + name)
        }
      }
    }
    walk(0, "")
    return all
  }
}
