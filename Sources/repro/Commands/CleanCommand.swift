// `repro clean`: cells of the cache that nothing needs any more.
import ArgumentParser
import Diagnostics
import Foundation
import JSONText
import Runner

struct CleanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clean", abstract: "Free the cache of cells that no newest results refer to, nor a run that has not ended.",
    discussion: """
      Says what would go, and removes it only with --yes. Results are never touched; a cell that is removed is made \
      again, to the same bytes, when an experiment needs it. Cells that a run is at work on stay.
      """)

  @Flag(help: "Every cell, and the micro worlds; not only what no results refer to.") var all = false
  @Option(help: "Only cells finished longer ago than this: 12h, 30d, 8w.") var olderThan: Age?
  @Option(help: "Only until the cells take no more than this: 500MB, 5GB; the oldest go first.") var maxSize: Size?
  @Flag(help: "Do remove them.") var yes = false
  @Option(help: "The folder of results that are kept in mind.") var results = "results"
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let cache = CellCache()
    let entries = cache.entries()
    let total = entries.reduce(0) { $0 + $1.byteCount }
    let named = try Referenced(results: results).names
    let chosen = choose(entries, total: total) { named[$0] != nil }
    let worlds = all && olderThan == nil && maxSize == nil ? Self.worlds(cache) : []
    var freed = 0
    var kept: [String] = []
    for entry in chosen {
      if yes {
        do { try cache.remove(entry.key) } catch {
          kept.append("\(error)")
          continue
        }
      }
      freed += entry.byteCount
    }
    for world in worlds {
      if yes { try FileManager.default.removeItem(atPath: world.folder) }
      freed += world.byteCount
    }
    report(chosen, worlds, freed: freed, total: total, count: entries.count, kept)
  }

  private func choose(_ entries: [CellCache.Entry], total: Int, _ isNamed: (String) -> Bool) -> [CellCache.Entry] {
    var candidates = entries.filter { !$0.isInUse && (all || !isNamed($0.key)) }
    if let olderThan {
      let limit = Date(timeIntervalSinceNow: -olderThan.seconds)
      candidates = candidates.filter { ($0.finished ?? .distantPast) < limit }
    }
    guard let maxSize else { return candidates }
    // What no results refer to first, the oldest of it first.
    let order = candidates.sorted { a, b in
      let (x, y) = (isNamed(a.key), isNamed(b.key))
      if x != y { return !x }
      return (a.finished ?? .distantPast, a.key) < (b.finished ?? .distantPast, b.key)
    }
    var size = total
    return order.prefix { entry in
      guard size > maxSize.byteCount else { return false }
      size -= entry.byteCount
      return true
    }.map { $0 }
  }

  /// What the micro world keeps beside the cells.
  private static func worlds(_ cache: CellCache) -> [(folder: String, byteCount: Int)] {
    ["micro-world", "micro-tower", "rerun", "development", "bench"].map { cache.root + "/" + $0 }
      .filter { FileManager.default.fileExists(atPath: $0) }.map { ($0, CellCache.byteCount($0)) }
  }

  private func report(
    _ chosen: [CellCache.Entry], _ worlds: [(folder: String, byteCount: Int)], freed: Int, total: Int, count: Int,
    _ kept: [String]
  ) {
    if json {
      print(
        JSONValue.object([
          "removed": .boolean(yes), "cells": .array(chosen.map { .string($0.key) }),
          "folders": .array(worlds.map { .string($0.folder) }), "bytes": .integer(freed), "bytes_before": .integer(total),
          "failures": .array(kept.map { .string($0) }),
        ]).indentedText, terminator: "")
      return
    }
    for entry in chosen {
      let when = entry.finished.map { ISO8601DateFormatter().string(from: $0) } ?? "not finished"
      print("  \(entry.key.prefix(12))  \(pad(bytes(entry.byteCount), 8))\(when)")
    }
    for world in worlds { print("  \(world.folder)  \(bytes(world.byteCount))") }
    for failure in kept { print("  stays: " + failure) }
    let what = "\(counted(chosen.count, "cell")) of \(count)\(worlds.isEmpty ? "" : " and \(counted(worlds.count, "folder"))"), \(bytes(freed))"
    if chosen.isEmpty && worlds.isEmpty {
      print("nothing to remove: \(counted(count, "cell")), \(bytes(total)) in \(CellCache.defaultRoot)")
    } else {
      print(yes ? "removed \(what)" : "would remove \(what); --yes does it")
    }
  }
}

/// A span of time such as `30d`.
struct Age: ExpressibleByArgument {
  let seconds: Double
  init?(argument: String) {
    guard let unit = ["h": 3600.0, "d": 86_400, "w": 604_800][argument.suffix(1)], let count = Double(argument.dropLast()),
      count >= 0, count < 1e6
    else { return nil }
    seconds = count * unit
  }
}

/// Bytes such as `5GB`.
struct Size: ExpressibleByArgument {
  let byteCount: Int
  init?(argument: String) {
    let upper = argument.uppercased()
    let units = [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("KB", 1e3), ("B", 1.0)]
    guard let (name, factor) = units.first(where: { upper.hasSuffix($0.0) }),
      let count = Double(upper.dropLast(name.count)), count >= 0, count * factor < 1e18
    else { return nil }
    byteCount = Int(count * factor)
  }
}
