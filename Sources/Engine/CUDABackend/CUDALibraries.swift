// The driver and the run-time compiler, found when the program runs: the package builds and runs without either.
internal import Diagnostics
internal import Glibc

typealias CUDAResult = Int32
typealias Pointer = UnsafeMutableRawPointer

/// A shared library and its functions by name.
@safe struct DynamicLibrary {
  @unsafe private let handle: Pointer
  let name: String

  /// The first of these names that the loader finds.
  init?(_ names: [String]) {
    for name in names {
      if let handle = unsafe dlopen(name, RTLD_NOW | RTLD_LOCAL) {
        unsafe self.handle = handle
        self.name = name
        return
      }
    }
    return nil
  }

  /// - Precondition: `Function` is what the library's header says of this name.
  @unsafe func function<Function>(_ name: String, _ type: Function.Type = Function.self) throws(Diagnostic) -> Function {
    guard let symbol = unsafe dlsym(handle, name) else {
      throw Diagnostic("\(self.name) has no function \(name)", hint: "is it too old? CUDA 11.2 or later is needed",
        kind: .missing)
    }
    return unsafe unsafeBitCast(symbol, to: Function.self)
  }
}

/// The functions of the driver (libcuda) that this room calls.
@safe struct CUDADriver: @unchecked Sendable {
  @unsafe let initialise: @convention(c) (UInt32) -> CUDAResult
  @unsafe let deviceCount: @convention(c) (UnsafeMutablePointer<Int32>) -> CUDAResult
  @unsafe let device: @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> CUDAResult
  @unsafe let deviceName: @convention(c) (UnsafeMutablePointer<CChar>, Int32, Int32) -> CUDAResult
  @unsafe let attribute: @convention(c) (UnsafeMutablePointer<Int32>, Int32, Int32) -> CUDAResult
  @unsafe let retainContext: @convention(c) (UnsafeMutablePointer<Pointer?>, Int32) -> CUDAResult
  @unsafe let setContext: @convention(c) (Pointer?) -> CUDAResult
  @unsafe let createStream: @convention(c) (UnsafeMutablePointer<Pointer?>, UInt32) -> CUDAResult
  @unsafe let synchronise: @convention(c) (Pointer?) -> CUDAResult
  @unsafe let memoryInfo: @convention(c) (UnsafeMutablePointer<Int>, UnsafeMutablePointer<Int>) -> CUDAResult
  @unsafe let allocate: @convention(c) (UnsafeMutablePointer<UInt64>, Int) -> CUDAResult
  @unsafe let free: @convention(c) (UInt64) -> CUDAResult
  @unsafe let upload: @convention(c) (UInt64, UnsafeRawPointer, Int, Pointer?) -> CUDAResult
  @unsafe let download: @convention(c) (Pointer, UInt64, Int, Pointer?) -> CUDAResult
  @unsafe let copy: @convention(c) (UInt64, UInt64, Int, Pointer?) -> CUDAResult
  @unsafe let loadModule: @convention(c) (UnsafeMutablePointer<Pointer?>, UnsafeRawPointer) -> CUDAResult
  @unsafe let moduleFunction:
    @convention(c) (UnsafeMutablePointer<Pointer?>, Pointer?, UnsafePointer<CChar>) -> CUDAResult
  @unsafe let launch:
    @convention(c) (
      Pointer?, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, Pointer?, UnsafeMutablePointer<Pointer?>?,
      UnsafeMutablePointer<Pointer?>?
    ) -> CUDAResult
  @unsafe let errorText: @convention(c) (CUDAResult, UnsafeMutablePointer<UnsafePointer<CChar>?>) -> CUDAResult

  init() throws(Diagnostic) {
    guard let library = DynamicLibrary(["libcuda.so.1", "libcuda.so", "/usr/local/nvidia/lib64/libcuda.so.1"]) else {
      throw Diagnostic("there is no CUDA driver (libcuda.so.1) on this machine",
        hint: "install NVIDIA's driver, or run on the processor: the results are the same", kind: .missing)
    }
    unsafe initialise = try library.function("cuInit")
    unsafe deviceCount = try library.function("cuDeviceGetCount")
    unsafe device = try library.function("cuDeviceGet")
    unsafe deviceName = try library.function("cuDeviceGetName")
    unsafe attribute = try library.function("cuDeviceGetAttribute")
    unsafe retainContext = try library.function("cuDevicePrimaryCtxRetain")
    unsafe setContext = try library.function("cuCtxSetCurrent")
    unsafe createStream = try library.function("cuStreamCreate")
    unsafe synchronise = try library.function("cuStreamSynchronize")
    unsafe memoryInfo = try library.function("cuMemGetInfo_v2")
    unsafe allocate = try library.function("cuMemAlloc_v2")
    unsafe free = try library.function("cuMemFree_v2")
    unsafe upload = try library.function("cuMemcpyHtoDAsync_v2")
    unsafe download = try library.function("cuMemcpyDtoHAsync_v2")
    unsafe copy = try library.function("cuMemcpyDtoDAsync_v2")
    unsafe loadModule = try library.function("cuModuleLoadData")
    unsafe moduleFunction = try library.function("cuModuleGetFunction")
    unsafe launch = try library.function("cuLaunchKernel")
    unsafe errorText = try library.function("cuGetErrorString")
  }

  func text(of result: CUDAResult) -> String {
    var text: UnsafePointer<CChar>?
    guard unsafe errorText(result, &text) == 0, let text = unsafe text else { return "error \(result)" }
    return unsafe String(cString: text)
  }
}

/// The run-time compiler (NVRTC).
@safe struct KernelCompiler {
  @unsafe private let create:
    @convention(c) (
      UnsafeMutablePointer<Pointer?>, UnsafePointer<CChar>, UnsafePointer<CChar>, Int32, Pointer?, Pointer?
    ) -> Int32
  @unsafe private let compile:
    @convention(c) (Pointer?, Int32, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32
  @unsafe private let logSize: @convention(c) (Pointer?, UnsafeMutablePointer<Int>) -> Int32
  @unsafe private let log: @convention(c) (Pointer?, UnsafeMutablePointer<CChar>) -> Int32
  @unsafe private let codeSize: @convention(c) (Pointer?, UnsafeMutablePointer<Int>) -> Int32
  @unsafe private let code: @convention(c) (Pointer?, Pointer) -> Int32
  @unsafe private let destroy: @convention(c) (UnsafeMutablePointer<Pointer?>) -> Int32

  init() throws(Diagnostic) {
    let forced = unsafe getenv("REPRO_NVRTC").map { unsafe String(cString: $0) }
    let versions = ["", ".13", ".12", ".11.2"].map { "libnvrtc.so" + $0 }
    let names = forced.map { [$0] } ?? versions + versions.map { "/usr/local/cuda/lib64/" + $0 }
    guard let library = DynamicLibrary(names) else {
      throw Diagnostic("CUDA's run-time compiler (\(forced ?? "libnvrtc.so")) is not found",
        hint: "install it (pip install nvidia-cuda-nvrtc-cu12, or CUDA's toolkit) and let REPRO_NVRTC or "
          + "LD_LIBRARY_PATH name the place", kind: .missing)
    }
    unsafe create = try library.function("nvrtcCreateProgram")
    unsafe compile = try library.function("nvrtcCompileProgram")
    unsafe logSize = try library.function("nvrtcGetProgramLogSize")
    unsafe log = try library.function("nvrtcGetProgramLog")
    unsafe codeSize = try library.function("nvrtcGetCUBINSize")
    unsafe code = try library.function("nvrtcGetCUBIN")
    unsafe destroy = try library.function("nvrtcDestroyProgram")
  }

  /// Machine code of the device.
  func machineCode(of source: String, options: [String]) throws(Diagnostic) -> [UInt8] {
    var program: Pointer?
    guard unsafe create(&program, source, "kernels.cu", 0, nil, nil) == 0 else {
      throw Diagnostic("CUDA's run-time compiler does not start", kind: .missing)
    }
    defer { unsafe _ = destroy(&program) }
    var texts = unsafe options.map { unsafe strdup($0) }
    defer { for unsafe text in unsafe texts { unsafe Glibc.free(text) } }
    let result = unsafe compile(program, Int32(options.count), &texts)
    guard result == 0 else {
      var size = 0
      unsafe _ = logSize(program, &size)
      var text = [CChar](repeating: 0, count: max(size, 1))
      unsafe _ = log(program, &text)
      let lines = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw Diagnostic("the kernels cannot be compiled for this GPU: \(lines.prefix(2000))",
        hint: "is the run-time compiler as new as the GPU? options: " + options.joined(separator: " "), kind: .missing)
    }
    var size = 0
    guard unsafe codeSize(program, &size) == 0, size > 0 else {
      throw Diagnostic("CUDA's run-time compiler gave no code", kind: .missing)
    }
    var bytes = [UInt8](repeating: 0, count: size)
    guard unsafe code(program, &bytes) == 0 else {
      throw Diagnostic("CUDA's run-time compiler gave no code", kind: .missing)
    }
    return bytes
  }
}
