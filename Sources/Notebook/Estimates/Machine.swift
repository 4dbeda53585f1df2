// What this machine has: memory, a GPU's memory, and free space where cells are kept.
internal import Foundation

/// What there is room for.
public struct Machine: Sendable, Hashable {
  /// Bytes of memory that this process may use.
  public var memory: Int
  /// The GPU that computes, and bytes of its memory; nil where the processor does.
  public var gpu: GPU?
  /// Bytes free on the disk of the cache; nil where that is not told.
  public var freeDisk: Int?
  /// The folder of the cache.
  public var cache: String

  /// A GPU by name, with bytes of memory.
  public struct GPU: Sendable, Hashable {
    public var name: String
    public var memory: Int

    public init(name: String, memory: Int) { (self.name, self.memory) = (name, memory) }
  }

  public init(memory: Int, gpu: GPU? = nil, freeDisk: Int?, cache: String) {
    (self.memory, self.gpu, self.freeDisk, self.cache) = (memory, gpu, freeDisk, cache)
  }

  /// This machine, as far as a container lets it be used.
  public static func here(cache: String, gpu: GPU? = nil) -> Machine {
    Machine(
      memory: min(ProcessUse.machine, containerLimit() ?? .max), gpu: gpu, freeDisk: freeBytes(at: cache), cache: cache)
  }

  /// Bytes free where a folder is, or would be.
  public static func freeBytes(at folder: String) -> Int? {
    var place = URL(fileURLWithPath: folder).standardizedFileURL.path
    while !FileManager.default.fileExists(atPath: place), place.count > 1 {
      place = (place as NSString).deletingLastPathComponent
    }
    return (try? FileManager.default.attributesOfFileSystem(forPath: place))?[.systemFreeSize] as? Int
  }

  /// The least of the limits that the control groups of this process have (versions 2 and 1); nil without any.
  /// - Parameter root: of the file system.
  public static func containerLimit(root: String = "") -> Int? {
    func text(_ path: String) -> String {
      FileManager.default.contents(atPath: root + path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
    var files: [String] = []
    for line in text("/proc/self/cgroup").split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let isFirst = fields[1].split(separator: ",").contains("memory")
      guard fields[1].isEmpty || isFirst else { continue }
      let (top, name) = isFirst ? ("/sys/fs/cgroup/memory", "memory.limit_in_bytes") : ("/sys/fs/cgroup", "memory.max")
      // A group has no more than those it is part of. Within a container the path may be that of outside.
      var parts = fields[2].split(separator: "/").filter { $0 != ".." }
      files.append("\(top)/\(name)")
      while !parts.isEmpty {
        files.append("\(top)/\(parts.joined(separator: "/"))/\(name)")
        parts.removeLast()
      }
    }
    return files.compactMap { Int(text($0).trimmingCharacters(in: .whitespacesAndNewlines)) }.filter { $0 > 0 }.min()
  }
}
