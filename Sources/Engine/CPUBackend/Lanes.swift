// Sixteen numbers at a time, and rows of a tensor that are read and written so.
//
// A reduction along a row runs in 16 fixed lanes, lane = index mod 16, whatever the processor's vectors; the lanes are
// combined in one fixed tree. A row's tail fills the missing lanes with the neutral element, so its bits are those of
// the lane definition. Elementwise arithmetic is correctly rounded and cannot differ.
internal import CKernels
internal import TensorCore

typealias Lanes = SIMD16<Float>

/// A row in memory. The one type of this room through which operations touch numbers.
@safe struct Row {
  @unsafe let base: UnsafeMutablePointer<Float>
  let count: Int

  /// Row `index` of a Float32 tensor.
  @inline(__always) init(_ tensor: Tensor, _ index: Int) {
    self.init(matrix: Matrix(tensor), index)
  }

  @inline(__always) init(matrix: Matrix, _ index: Int) {
    precondition(index >= 0 && index < matrix.rowCount, "row \(index) of \(matrix.rowCount)")
    unsafe base = matrix.base + index * matrix.width
    count = matrix.width
  }

  @inline(__always) init(base: UnsafeMutablePointer<Float>, count: Int) {
    unsafe self.base = base
    self.count = count
  }

  /// Indices of whole groups of lanes: 0, 16, …
  @inline(__always) var wholeLanes: StrideTo<Int> { stride(from: 0, to: count & ~15, by: 16) }
  /// Where the tail begins; `count` if there is none.
  @inline(__always) var tailStart: Int { count & ~15 }

  @inline(__always) subscript(lanes index: Int) -> Lanes {
    get {
      assert(index >= 0 && index + 16 <= count)
      return unsafe UnsafeRawPointer(base + index).loadUnaligned(as: Lanes.self)
    }
    nonmutating set {
      assert(index >= 0 && index + 16 <= count)
      unsafe UnsafeMutableRawPointer(base + index).storeBytes(of: newValue, as: Lanes.self)
    }
  }

  /// The last count mod 16 elements, the other lanes `neutral`.
  @inline(__always) func tail(neutral: Float = 0) -> Lanes {
    var lanes = Lanes(repeating: neutral)
    for i in tailStart..<count { lanes[i - tailStart] = self[i] }
    return lanes
  }

  @inline(__always) subscript(index: Int) -> Float {
    get {
      assert(index >= 0 && index < count)
      return unsafe base[index]
    }
    nonmutating set {
      assert(index >= 0 && index < count)
      unsafe base[index] = newValue
    }
  }

  /// Part of this row.
  @inline(__always) func part(_ start: Int, _ count: Int) -> Row {
    precondition(start >= 0 && count >= 0 && start + count <= self.count, "part of a row")
    return unsafe Row(base: base + start, count: count)
  }
}

/// A Float32 matrix in host memory.
@safe struct Matrix {
  @unsafe let base: UnsafeMutablePointer<Float>
  let rowCount: Int
  let width: Int

  init(_ tensor: Tensor) {
    unsafe base = tensor.floats
    rowCount = tensor.rowCount
    width = tensor.width
  }

  @inline(__always) subscript(row: Int) -> Row { Row(matrix: self, row) }

  /// All elements as one row.
  var flat: Row { unsafe Row(base: base, count: rowCount * width) }
}

extension SIMD16<Float> {
  /// Lane i with lane i + 8, then i + 4, i + 2, i + 1: one order, everywhere.
  @inline(__always) var laneSum: Float {
    let eight = lowHalf + highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two.x + two.y
  }

  /// self + a b, rounded once.
  @inline(__always) func fused(_ a: Lanes, _ b: Lanes) -> Lanes { ck_fused(self, a, b) }
}
