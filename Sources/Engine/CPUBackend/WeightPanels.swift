// A weight packed once for many products: the panels `product` would make of it each time.
internal import CKernels
public import TensorCore

/// The rows of a weight as panels of `CK_NR` lanes, each panel whole: element (row, i) of panel p at
/// (p · width + i) · lanes + row - p · lanes.
final class WeightPanels: PreparedWeight {
  let rows: Int
  let width: Int
  private let storage: HostStorage

  init(rows: Int, width: Int, storage: HostStorage) {
    self.rows = rows
    self.width = width
    self.storage = storage
  }

  @unsafe var floats: Floats { unsafe storage.base.assumingMemoryBound(to: Float.self) }
}

extension CPUBackend {
  /// Nil for weights in bfloat16, which are converted panel by panel so that they need no second copy, and for the fast
  /// arithmetic, whose products are another library's.
  public func prepare(_ w: Tensor) -> (any PreparedWeight)? {
    guard arithmeticKind == .canonical, w.elementType == .float32, w.elementCount > 0 else { return nil }
    let (n, k, lanes) = (w.rowCount, w.width, Int(CK_NR))
    let panelCount = (n + lanes - 1) / lanes
    let storage = memory.storage(byteCount: panelCount * lanes * k * 4)
    let target = unsafe storage.base.assumingMemoryBound(to: Float.self)
    let matrix = unsafe plain(w)
    let set = instructions.kernel
    parallel.tasks(panelCount) { panel in
      let first = panel * lanes
      unsafe ck_pack_rows(set, matrix, first, min(lanes, n - first), 0, k, Int32(lanes), target + panel * lanes * k)
    }
    return WeightPanels(rows: n, width: k, storage: storage)
  }
}
