// Checkpoints on disk as `hf download` leaves them.
//
// Source: the cache layout of huggingface_hub: models--OWNER--NAME/blobs/<digest>, refs/main naming a commit,
// snapshots/<commit>/<file> as relative links into blobs; `--local-dir` copies the files and keeps notes in .cache.
import ContentHash
import Foundation

struct HubCache {
  let folder: String

  init(_ folder: String) { self.folder = folder }

  /// Adds a repository: `files` are names with the paths of their contents, which are moved.
  func add(_ repository: String, _ files: [(name: String, path: String)]) throws {
    let name = "models--" + repository.replacing("/", with: "--")
    let root = folder + "/" + name
    let commit = String(Digest(of: repository).hexadecimal.prefix(40))
    for (file, path) in files {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      // Large files are named by SHA-256, others by 40 hexadecimal digits, as git names them.
      let digest = Digest(of: bytes).hexadecimal
      let blob = file.hasSuffix(".safetensors") ? digest : String(digest.prefix(40))
      try Files.makeFolder(of: root + "/blobs/" + blob)
      if !FileManager.default.fileExists(atPath: root + "/blobs/" + blob) {
        try FileManager.default.moveItem(atPath: path, toPath: root + "/blobs/" + blob)
      }
      let up = String(repeating: "../", count: 2 + file.split(separator: "/").count - 1)
      try Files.link(root + "/snapshots/\(commit)/" + file, to: up + "blobs/" + blob)
      try Files.write("", to: folder + "/.locks/\(name)/\(blob).lock")
    }
    try Files.write(commit, to: root + "/refs/main")
    try Files.write("", to: root + "/.no_exist/\(commit)/adapter_config.json")
    try Files.write("1", to: folder + "/version.txt")
    try Files.write("Signature: 8a477f597d28d172789f06886806bc55\n", to: folder + "/CACHEDIR.TAG")
  }

  /// A folder as `hf download --local-dir` leaves it.
  static func addFolder(_ folder: String, _ files: [(name: String, path: String)]) throws {
    for (file, path) in files {
      try Files.makeFolder(of: folder + "/" + file)
      try FileManager.default.moveItem(atPath: path, toPath: folder + "/" + file)
      let note = ["0000000000000000000000000000000000000000", "0000000000000000000000000000000000000000", "1760000000.0"]
      try Files.write(
        note.joined(separator: "\n") + "\n", to: folder + "/.cache/huggingface/download/\(file).metadata")
    }
    try Files.write("*", to: folder + "/.cache/huggingface/.gitignore")
  }
}
