// One GPU through its driver: one context, one stream, one module with all kernels.
public import Diagnostics
internal import Synchronization

/// A GPU. What it cannot recover from ends the process with a message (`DeviceFailure`).
@safe public final class CUDADevice: GPUDevice, @unchecked Sendable {
  public let name: String
  public let multiprocessorCount: Int
  private let driver: CUDADriver
  @unsafe private let context: Pointer?
  @unsafe let stream: Pointer?
  @unsafe private let module: Pointer?
  private let functions = Mutex([String: UInt]())

  /// How many GPUs the driver shows; 0 without a driver.
  public static var count: Int {
    guard let driver = try? CUDADriver(), unsafe driver.initialise(0) == 0 else { return 0 }
    var count: Int32 = 0
    return unsafe driver.deviceCount(&count) == 0 ? Int(count) : 0
  }

  /// Opens GPU `number` and compiles the kernels for it, or takes them from `cache`, a folder where they were kept.
  public init(number: Int = 0, cache: String? = nil) throws(Diagnostic) {
    let driver = try CUDADriver()
    func check(_ result: CUDAResult, _ what: String) throws(Diagnostic) {
      guard result != 0 else { return }
      throw Diagnostic("the GPU cannot be used: \(what): \(driver.text(of: result))",
        hint: "does nvidia-smi show it? the processor gives the same results", kind: .missing)
    }
    try unsafe check(driver.initialise(0), "cuInit")
    var (count, device): (Int32, Int32) = (0, 0)
    try unsafe check(driver.deviceCount(&count), "cuDeviceGetCount")
    guard number >= 0, number < Int(count) else {
      throw Diagnostic("there is no GPU number \(number): the driver shows \(count)",
        hint: "does nvidia-smi show it? CUDA_VISIBLE_DEVICES may hide it", kind: .missing)
    }
    try unsafe check(driver.device(&device, Int32(number)), "cuDeviceGet")
    var title = [CChar](repeating: 0, count: 256)
    try unsafe check(driver.deviceName(&title, 256, device), "cuDeviceGetName")
    func attribute(_ number: Int32) throws(Diagnostic) -> Int {
      var value: Int32 = 0
      try unsafe check(driver.attribute(&value, number, device), "cuDeviceGetAttribute")
      return Int(value)
    }
    let (processors, major, minor) = (try attribute(16), try attribute(75), try attribute(76))
    let name = String(decoding: title.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard major >= 8 else {
      throw Diagnostic("\(name) has compute capability \(major).\(minor); 8.0 or newer is needed",
        hint: "GPUs since 2020 have it; the processor gives the same results", kind: .missing)
    }
    var (context, stream): (Pointer?, Pointer?)
    try unsafe check(driver.retainContext(&context, device), "cuDevicePrimaryCtxRetain")
    try unsafe check(driver.setContext(context), "cuCtxSetCurrent")
    try unsafe check(driver.createStream(&stream, 1), "cuStreamCreate")

    let options = KernelSource.options(architecture: major * 10 + minor)
    let module = try unsafe Self.module(driver, options: options, cache: cache)
    self.name = name
    multiprocessorCount = processors
    self.driver = driver
    unsafe self.context = context
    unsafe self.stream = stream
    unsafe self.module = module
  }

  /// The kernels' machine code for a compute capability, such as 90 for 9.0. Needs no GPU, but the run-time compiler.
  public static func machineCode(architecture: Int) throws(Diagnostic) -> [UInt8] {
    try KernelCompiler().machineCode(of: KernelSource.text, options: KernelSource.options(architecture: architecture))
  }

  /// From the cache if it holds what these kernels give; else compiled, and kept there.
  private static func module(
    _ driver: CUDADriver, options: [String], cache: String?
  ) throws(Diagnostic) -> Pointer? {
    let source = KernelSource.text
    let cache = cache.map { KernelCache(folder: $0) }
    let key = (options + [source]).joined(separator: "\n")
    var module: Pointer?
    if let kept = cache?.code(of: key), unsafe driver.loadModule(&module, kept) == 0 { return unsafe module }
    let code = try KernelCompiler().machineCode(of: source, options: options)
    let result = unsafe driver.loadModule(&module, code)
    guard result == 0 else {
      throw Diagnostic("the kernels cannot be loaded: \(driver.text(of: result))",
        hint: "is the driver as new as the run-time compiler?", kind: .missing)
    }
    cache?.keep(code, of: key)
    return unsafe module
  }

  // MARK: Work

  /// Makes the context this thread's.
  func enter() { unsafe require(driver.setContext(context), "cuCtxSetCurrent") }

  private func require(_ result: CUDAResult, _ what: String) {
    guard result != 0 else { return }
    DeviceFailure.stop(
      "\(name) failed: \(what): \(driver.text(of: result))",
      hint: "run again: what is done so far is kept; if it comes back, nvidia-smi and dmesg may say why")
  }

  public var memory: (total: Int, free: Int) {
    enter()
    var (free, total) = (0, 0)
    unsafe require(driver.memoryInfo(&free, &total), "cuMemGetInfo")
    return (total, free)
  }

  public func allocate(byteCount: Int) -> UInt64? {
    enter()
    var address: UInt64 = 0
    return unsafe driver.allocate(&address, byteCount) == 0 ? address : nil
  }

  public func free(_ address: UInt64) {
    enter()
    unsafe require(driver.free(address), "cuMemFree")
  }

  public func upload(_ bytes: RawSpan, to address: UInt64) {
    enter()
    unsafe bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      unsafe require(driver.upload(address, base, bytes.count, stream), "cuMemcpyHtoD")
    }
  }

  public func download(from address: UInt64, into bytes: inout MutableRawSpan) {
    enter()
    unsafe bytes.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      unsafe require(driver.download(base, address, bytes.count, stream), "cuMemcpyDtoH")
      unsafe require(driver.synchronise(stream), "cuStreamSynchronize")
    }
  }

  public func finish() {
    enter()
    unsafe require(driver.synchronise(stream), "cuStreamSynchronize")
  }

  public func copy(from source: UInt64, to target: UInt64, byteCount: Int) {
    enter()
    unsafe require(driver.copy(target, source, byteCount, stream), "cuMemcpyDtoD")
  }

  public func launch(_ kernel: String, blocks: (x: Int, y: Int), threads: Int, arguments: [UInt64]) {
    enter()
    let function = unsafe Pointer(bitPattern: self.function(kernel))
    var arguments = arguments
    unsafe arguments.withUnsafeMutableBytes { bytes in
      let base = bytes.baseAddress
      var places = unsafe (0..<bytes.count / 8).map { number in unsafe base.map { unsafe $0 + number * 8 } }
      let result = unsafe driver.launch(
        function, UInt32(blocks.x), UInt32(blocks.y), 1, UInt32(threads), 1, 1, 0, stream, &places, nil)
      require(result, kernel)
    }
  }

  private func function(_ kernel: String) -> UInt {
    functions.withLock { functions in
      if let known = functions[kernel] { return known }
      var function: Pointer?
      unsafe require(driver.moduleFunction(&function, module, kernel), "cuModuleGetFunction of \(kernel)")
      let address = UInt(bitPattern: function)
      functions[kernel] = address
      return address
    }
  }
}
