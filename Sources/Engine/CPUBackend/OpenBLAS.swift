// The only file that talks to OpenBLAS, loaded when it is first needed: its core type has to be chosen before that.
//
// Debian's 0.3.21 does not know newer AVX-512 processors and falls back to Haswell kernels at half the speed;
// OPENBLAS_CORETYPE mends it, but only if it is set before the library's constructor runs.
internal import CKernels
internal import Foundation

enum OpenBLAS {
  typealias Product = @convention(c) (
    Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32, UnsafePointer<Float>, Int32, Float,
    UnsafeMutablePointer<Float>, Int32
  ) -> Void

  @safe struct Library: @unchecked Sendable {
    let sgemm: Product
    let setThreads: @convention(c) (Int32) -> Void
    let configuration: String
  }

  static let library: Library? = load()

  /// `OpenBLAS 0.3.21 …, core`, for provenance.
  static var description: String { library?.configuration ?? "no OpenBLAS found" }
  static var isThere: Bool { library != nil }

  static func prepare(threadCount: Int) {
    library?.setThreads(Int32(threadCount))
  }

  private static func load() -> Library? {
    if ck_has_server_avx512() != 0, ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] == nil,
      ProcessInfo.processInfo.environment["REPRO_OPENBLAS_DEFAULT"] == nil
    {
      unsafe setenv("OPENBLAS_CORETYPE", "SkylakeX", 1)
    }
    guard let handle = unsafe dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL),
      let sgemm = unsafe dlsym(handle, "cblas_sgemm"),
      let setThreads = unsafe dlsym(handle, "openblas_set_num_threads")
    else { return nil }
    func text(_ name: String) -> String {
      guard let symbol = unsafe dlsym(handle, name) else { return "" }
      let call = unsafe unsafeBitCast(symbol, to: (@convention(c) () -> UnsafePointer<CChar>?).self)
      return unsafe call().map { unsafe String(cString: $0) } ?? ""
    }
    return unsafe Library(
      sgemm: unsafeBitCast(sgemm, to: Product.self),
      setThreads: unsafeBitCast(setThreads, to: (@convention(c) (Int32) -> Void).self),
      configuration: text("openblas_get_config") + " " + text("openblas_get_corename"))
  }

  /// c[m, n] = or += a[m, k] · b, b being [n, k] if `transposed`, else [k, n].
  @unsafe static func product(
    _ m: Int, _ n: Int, _ k: Int, _ a: Floats, _ b: Floats, transposed: Bool, into c: Floats, adding: Bool
  ) {
    guard let library, let rows = Int32(exactly: m), let columns = Int32(exactly: n), let depth = Int32(exactly: k)
    else { preconditionFailure("fast arithmetic: OpenBLAS is missing, or [\(m), \(n), \(k)] is beyond it") }
    guard m > 0, n > 0 else { return }
    let (rowMajor, plain, turned): (Int32, Int32, Int32) = (101, 111, 112)
    unsafe library.sgemm(
      rowMajor, plain, transposed ? turned : plain, rows, columns, depth, 1, a, max(depth, 1), b,
      transposed ? max(depth, 1) : columns, adding ? 1 : 0, c, columns)
  }
}
