// The pieces of attention that forward and backward share: which rows a block sees, and packed products on them.
internal import CKernels
internal import TensorCore

/// Some query rows of one block.
struct QueryChunk {
  var block: AttentionBlock
  /// Indices within the block.
  var range: Range<Int>

  /// Blocks cut so that threads have enough to do and a chunk's keys stay in the caches.
  static func chunks(_ blocks: [AttentionBlock], size: Int) -> [QueryChunk] {
    blocks.flatMap { block in
      stride(from: 0, to: block.queries.count, by: size).map {
        QueryChunk(block: block, range: $0..<min($0 + size, block.queries.count))
      }
    }
  }
}

extension AttentionBlock {
  /// Rows of all keys that the first `queryCount` queries see, in key order.
  func keyRows(upTo queryCount: Int) -> [Int32] {
    let all = context.flatMap { $0.map { Int32($0) } }
    guard queryCount > 0 else { return all }
    let ownCount = visibleKeyCount(query: queryCount - 1) - all.count
    return all + own.prefix(ownCount).map { Int32($0) }
  }
}

/// Scratch memory of one unit of work, handed out in pieces.
@safe struct Scratch: ~Copyable {
  private let storage: MemoryStorage
  private var used = 0

  init(_ memory: MemoryPool, floats: Int) { storage = MemoryStorage(memory, floats: floats) }

  @unsafe mutating func take(_ count: Int) -> Floats {
    defer { used += (count + 15) & ~15 }
    precondition(used + count <= storage.floatCount, "scratch: \(used) + \(count) of \(storage.floatCount)")
    return unsafe storage.base + used
  }
}

/// Keeps a pooled buffer alive.
@safe final class MemoryStorage {
  @unsafe let base: Floats
  let floatCount: Int
  private let owner: AnyObject

  init(_ memory: MemoryPool, floats: Int) {
    let storage = memory.storage(byteCount: floats * 4)
    unsafe base = storage.base.assumingMemoryBound(to: Float.self)
    floatCount = floats
    owner = storage
  }
}

/// Room for `count` rows in whole panels of `lanes`.
func panelRows(_ count: Int, _ lanes: Int) -> Int { (count + lanes - 1) / lanes * lanes }

/// Packed products on head slices.
@safe struct HeadProducts {
  let set: ck_instructions

  static var mr: Int { Int(CK_MR) }
  static var nr: Int { Int(CK_NR) }

  /// A head's columns of a matrix, its rows picked by `rows`.
  @unsafe func slice(_ x: Matrix, column: Int, rows: UnsafePointer<Int32>?) -> ck_matrix {
    unsafe ck_matrix(base: UnsafeRawPointer(x.base + column), rows: rows, stride: x.width, element: CK_FLOAT32)
  }

  /// Packs `count` rows, `k` elements each, into panels of `lanes` rows.
  @unsafe func packRows(_ x: ck_matrix, first: Int, count: Int, k: Int, lanes: Int, into panels: Floats) {
    for start in stride(from: 0, to: count, by: lanes) {
      unsafe ck_pack_rows(set, x, first + start, min(lanes, count - start), 0, k, Int32(lanes), panels + start * k)
    }
  }

  /// Packs columns [0, count) of rows [first, first + k) into panels of `lanes` columns.
  @unsafe func packColumns(_ x: ck_matrix, first: Int, count: Int, k: Int, lanes: Int, into panels: Floats) {
    for start in stride(from: 0, to: count, by: lanes) {
      unsafe ck_pack_columns(set, x, start, min(lanes, count - start), first, k, Int32(lanes), panels + start * k)
    }
  }

  /// c[m, n] from packed panels over `k`, which were packed with a depth of `depth` ≥ k.
  @unsafe func multiply(
    _ a: Floats, _ b: Floats, m: Int, n: Int, k: Int, depthA: Int, depthB: Int, into c: Floats, stride width: Int,
    mode: ck_mode
  ) {
    for j in stride(from: 0, to: n, by: Self.nr) {
      for i in stride(from: 0, to: m, by: Self.mr) {
        unsafe ck_tile(
          set, k, a + i * depthA, b + j * depthB, c + i * width + j, width, Int32(min(Self.mr, m - i)),
          Int32(min(Self.nr, n - j)), mode, nil)
      }
    }
  }
}
