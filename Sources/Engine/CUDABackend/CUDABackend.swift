// A GPU as a backend, with the canonical arithmetic: the same bits as the processor's.
//
// Every operation is one or a few kernels of `Kernels/`, put into one stream; only `download` waits. Tensors that are not
// in the device's memory (weights in a mapped file) are copied there once and never written.
internal import Synchronization
internal import TensorCore

/// One argument of a kernel. It keeps the memory it names: what is let go may be given out again at once.
enum Argument {
  case integer(Int)
  case number(Float)
  case address(UInt64, (any TensorStorage)?)

  var bits: UInt64 {
    switch self {
    case .integer(let value): UInt64(bitPattern: Int64(value))
    case .number(let value): UInt64(value.bitPattern)
    case .address(let value, _): value
    }
  }
}

extension DeviceStorage {
  var argument: Argument { .address(address, self) }
}

/// The operations of `Backend` on a GPU of compute capability 8.0 or newer, one after another. Where its memory runs out
/// or its driver says no, the process ends with status 3 and a message, and a run goes on where it stopped.
public final class CUDABackend: Sendable {
  /// Which tiles a product is cut into: it cannot change a bit, only the speed.
  public enum Tiles: String, Sendable, CaseIterable {
    /// Many numbers a thread, where there are enough tiles for all multiprocessors; fewer where there are not.
    case large, medium
    /// For operands that do not lie on boundaries of sixteen bytes.
    case loose
    /// Forward alone: each weight is read once for all rows.
    case few

    /// Of a block of threads, whose number comes last. Large tiles of a weight's gradient are larger.
    func size(of product: Product) -> (rows: Int, columns: Int, threads: Int) {
      switch self {
      case .large: product == .weight ? (128, 128, 256) : (64, 64, 64)
      case .medium, .loose: (64, 64, 256)
      case .few: (8, 32, 64)
      }
    }
  }

  /// The three products of a linear map.
  enum Product: String {
    case forward = "linear"
    case input = "linear_input"
    case weight = "linear_weight"
  }

  let gpu: any GPUDevice
  let memory: DeviceMemory
  let rotary = RotaryTables()
  let tables = KnownTables()
  let lists = Recent<[Int32], DeviceStorage>()
  let chains = Recent<[[Range<Int>]], RowChains>()
  let forests = Recent<[AttentionBlock], Forest>()
  /// What the tests force.
  let tiles: Tiles?

  public init(_ gpu: any GPUDevice, tiles: Tiles? = nil) {
    self.gpu = gpu
    self.tiles = tiles
    memory = DeviceMemory(gpu)
  }

  /// The processor's: the bits are the same.
  public var arithmetic: String { "canonical" }

  public var device: String { gpu.name }

  public func finish() { gpu.finish() }

  /// The most bytes of the device's memory that were in use at once.
  public var peakMemory: Int { memory.peak }

  /// Bytes of the device's memory, in use or not.
  public var deviceMemory: Int { gpu.memory.total }

  // MARK: Launching

  /// Threads of a block where nothing else is asked.
  static let threads = 256

  func launch(_ kernel: String, blocks: Int, by more: Int = 1, threads: Int = threads, _ arguments: [Argument]) {
    guard blocks > 0, more > 0 else { return }
    gpu.launch(kernel, blocks: (blocks, more), threads: threads, arguments: arguments.map(\.bits))
    withExtendedLifetime(arguments) {}
  }

  /// One thread for each of `count` numbers; the count is the first argument.
  func each(_ count: Int, _ kernel: String, _ arguments: [Argument]) {
    launch(kernel, blocks: (count + Self.threads - 1) / Self.threads, [.integer(count)] + arguments)
  }

  /// A block for each row, or several for its columns; the width is the first argument.
  func eachRow(_ rows: Int, _ width: Int, _ kernel: String, _ arguments: [Argument]) {
    let threads = min(Self.threads, max(32, (width + 31) / 32 * 32))
    launch(kernel, blocks: rows, by: (width + threads - 1) / threads, threads: threads, [.integer(width)] + arguments)
  }

  /// Sixteen threads for each row.
  func lanes(_ rows: Int, _ kernel: String, _ arguments: [Argument]) {
    launch(kernel, blocks: (rows + 15) / 16, [.integer(rows)] + arguments)
  }

  // MARK: Addresses

  /// Where a tensor's first element is on the device; those of other memory are copied there once.
  /// - Precondition: it is Float32; kernels of either type take `either`.
  func address(_ x: Tensor) -> Argument {
    requireFloat(x)
    return either(x)
  }

  /// The same for a tensor of any element type: the kernel's name says which.
  func either(_ x: Tensor) -> Argument { .address(location(x), x.storage) }

  /// A Float32 tensor that will be written.
  func output(_ x: Tensor) -> Argument {
    requireFloat(x)
    return eitherOutput(x)
  }

  func eitherOutput(_ x: Tensor) -> Argument {
    precondition(x.storage is DeviceStorage, "an output \(x.shape) is not in this backend's memory")
    return either(x)
  }

  func requireFloat(_ x: Tensor) {
    precondition(x.elementType == .float32, "a Float32 tensor is needed, this is \(x.elementType.rawValue)")
  }

  func location(_ x: Tensor) -> UInt64 {
    let offset = UInt64(x.offset * x.elementType.byteCount)
    if let storage = x.storage as? DeviceStorage { return storage.address + offset }
    guard let host = x.storage as? HostStorage else { preconditionFailure("a tensor of another backend") }
    return host.companion.withLock { companion in
      if let known = companion as? DeviceStorage, known.memory === memory { return known.address + offset }
      let copy = memory.storage(byteCount: host.byteCount)
      host.withBytes { gpu.upload($0, to: copy.address) }
      companion = copy
      return copy.address + offset
    }
  }

  /// A list that operations read, on the device; the same list again, as the next layer asks for it, is there already.
  func place(_ list: [Int32]) -> DeviceStorage {
    lists.value(of: list) { list in
      let storage = memory.storage(byteCount: list.count * 4)
      if !list.isEmpty { list.withNumberBytes { gpu.upload($0, to: storage.address) } }
      return storage
    }
  }

  /// Numbers of an operation's own, on the device until the result goes.
  func place<Number: BitwiseCopyable>(_ numbers: [Number]) -> DeviceStorage {
    let storage = memory.storage(byteCount: numbers.count * MemoryLayout<Number>.stride)
    if !numbers.isEmpty { numbers.withNumberBytes { gpu.upload($0, to: storage.address) } }
    return storage
  }
}
