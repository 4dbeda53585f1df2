// NVIDIA's own products, for timings beside ours: float32 without TF32, their order of additions their own.
public import Diagnostics
internal import Glibc
public import TensorCore

/// Products by cuBLAS, loaded when it is asked for; no result depends on it.
@safe public final class CUBLAS {
  private let backend: CUDABackend
  @unsafe private let handle: Pointer?
  @unsafe private let product:
    @convention(c) (
      Pointer?, Int32, Int32, Int32, Int32, Int32, UnsafePointer<Float>, UInt64, Int32, UInt64, Int32,
      UnsafePointer<Float>, UInt64, Int32
    ) -> Int32
  @unsafe private let destroy: @convention(c) (Pointer?) -> Int32

  /// - Precondition: the backend's device is a `CUDADevice`.
  public init(_ backend: CUDABackend) throws(Diagnostic) {
    let versions = ["", ".13", ".12", ".11"].map { "libcublas.so" + $0 }
    guard let library = DynamicLibrary(versions + versions.map { "/usr/local/cuda/lib64/" + $0 }) else {
      throw Diagnostic("cuBLAS (libcublas.so) is not found",
        hint: "install it (pip install nvidia-cublas-cu12, or CUDA's toolkit) and let LD_LIBRARY_PATH name the place",
        kind: .missing)
    }
    typealias Create = @convention(c) (UnsafeMutablePointer<Pointer?>) -> Int32
    typealias SetStream = @convention(c) (Pointer?, Pointer?) -> Int32
    typealias SetMode = @convention(c) (Pointer?, Int32) -> Int32
    let create: Create = try unsafe library.function("cublasCreate_v2")
    let setStream: SetStream = try unsafe library.function("cublasSetStream_v2")
    let setMode: SetMode = try unsafe library.function("cublasSetMathMode")
    unsafe product = try library.function("cublasSgemm_v2")
    unsafe destroy = try library.function("cublasDestroy_v2")
    self.backend = backend
    guard let device = backend.gpu as? CUDADevice else { preconditionFailure("cuBLAS needs a GPU") }
    var handle: Pointer?
    device.enter()
    let pedantic: Int32 = 2
    guard unsafe create(&handle) == 0, unsafe setStream(handle, device.stream) == 0,
      unsafe setMode(handle, pedantic) == 0
    else { throw Diagnostic("cuBLAS does not start", hint: "is it as new as the driver?", kind: .missing) }
    unsafe self.handle = handle
  }

  deinit { unsafe _ = destroy(handle) }

  /// y = x wᵀ, all Float32 on the device.
  public func linear(_ x: Tensor, weight w: Tensor, into y: Tensor) {
    let (m, k, n) = (Int32(x.rowCount), Int32(x.width), Int32(w.rowCount))
    var (one, zero): (Float, Float) = (1, 0)
    let (transposed, plain): (Int32, Int32) = (1, 0)
    let result = unsafe product(
      handle, transposed, plain, n, m, k, &one, backend.location(w), k, backend.location(x), k, &zero,
      backend.location(y), n)
    if result != 0 { DeviceFailure.stop("cuBLAS failed with status \(result)", hint: "nvidia-smi may say why") }
  }
}
