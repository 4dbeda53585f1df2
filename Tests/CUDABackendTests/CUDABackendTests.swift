// The GPU's bits are the processor's: its kernels run here on an emulator, and on a GPU where there is one.
import CPUBackend
import CUDABackend
import Diagnostics
import Foundation
import TensorCore
import TestSupport
import Testing

@Suite("The GPU's operations")
struct CUDABackendTests {
  @Test("every operation gives the processor's bits", arguments: TestDevice.here, OperationCase.all)
  func operations(_ device: TestDevice, _ operation: OperationCase) {
    #expect(differences(bits(operation, device.backend()), bits(operation, CPUBackend(threadCount: 1))) == [])
  }

  @Test("products give them with tiles of every size", arguments: TestDevice.here, CUDABackend.Tiles.allCases)
  func tiles(_ device: TestDevice, _ tiles: CUDABackend.Tiles) {
    for operation in OperationCase.products + OperationCase.sharedProducts.prefix(2) {
      let ours = bits(operation, device.backend(tiles: tiles))
      #expect(differences(ours, bits(operation, CPUBackend(threadCount: 1))) == [])
    }
  }

  private static let hasCompiler: Bool = {
    do throws(Diagnostic) { _ = try CUDADevice.machineCode(architecture: 0) } catch {
      return !error.fact.contains("is not found")
    }
    return true
  }()

  @Test(
    "CUDA's own compiler takes the kernels", .enabled(if: hasCompiler, "no NVRTC: set REPRO_NVRTC"),
    arguments: [80, 90])
  func compiled(_ architecture: Int) throws {
    #expect(try CUDADevice.machineCode(architecture: architecture).starts(with: [0x7F, 0x45, 0x4C, 0x46]))
  }

  @Test("an architecture the compiler does not know is told with its words", .enabled(if: hasCompiler, "no NVRTC"))
  func unknownArchitecture() {
    do throws(Diagnostic) {
      _ = try CUDADevice.machineCode(architecture: 1)
      Issue.record("sm_1 was compiled")
    } catch {
      #expect(error.fact.hasPrefix("the kernels cannot be compiled for this GPU: ") && error.kind == .missing)
    }
  }

  @Test("compiled kernels are used again only if they are as they were written")
  func kernelCache() throws {
    let folder = try TemporaryFolder()
    let cache = KernelCache(folder: folder.file("not/yet/there"))
    let code = (0..<5000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    #expect(cache.code(of: "source") == nil)
    cache.keep(code, of: "source")
    #expect(cache.code(of: "source") == code && cache.code(of: "another") == nil)
    let path = cache.path(of: "source")
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    for place in [0, 63, 64, 2000, whole.count - 1] {
      var damaged = whole
      damaged[place] ^= 1
      try damaged.write(to: URL(fileURLWithPath: path))
      #expect(cache.code(of: "source") == nil, "byte \(place)")
    }
    for length in [0, 10, 64, 4000] {
      try whole.prefix(length).write(to: URL(fileURLWithPath: path))
      #expect(cache.code(of: "source") == nil, "\(length) bytes")
    }
    KernelCache(folder: "/dev/null/nowhere").keep(code, of: "source")
  }

  @Test("a bfloat16 tensor where only Float32 is read is no Float32")
  func elementTypes() async {
    await #expect(processExitsWith: .failure) {
      let backend = CUDABackend(EmulatedDevice())
      backend.add(backend.empty([64], .bfloat16), to: backend.zeros([64]))
    }
  }

  @Test("a weight in a file's memory is copied once, and only read")
  func mapped() {
    let backend = TestDevice.emulated.backend()
    let (w, x) = (Tensor([1, 2, 3, 4], shape: [2, 2]), Tensor([1, 1], shape: [1, 2]))
    let y = backend.empty([1, 2], .float32)
    backend.linear(x, weight: w, bias: nil, into: y)
    let used = backend.peakMemory
    backend.linear(x, weight: w.rows(0..<2), bias: nil, into: y)
    #expect(y.hostValues == [3, 7] && y.hostCopy.hostValues == [3, 7])
    #expect(backend.peakMemory == used)
    // Another device has a copy of its own.
    let other = TestDevice.emulated.backend()
    let z = other.empty([1, 2], .float32)
    other.linear(x, weight: w, bias: nil, into: z)
    #expect(z.hostValues == [3, 7])
  }

  @Test("memory that is let go serves again, and is given back where it does not suffice")
  func memory() {
    let backend = CUDABackend(EmulatedDevice(memory: 1 << 20))
    for size in [100_000, 120_000, 60_000, 180_000, 200_000] {
      for _ in 0..<4 { #expect(backend.zeros([size]).hostValues == [Float](repeating: 0, count: size)) }
    }
    #expect(backend.peakMemory <= 1 << 20)
  }

  @Test("memory that does not suffice ends the program with what to do")
  func full() async throws {
    let result = try await #require(processExitsWith: .exitCode(3), observing: [\.standardErrorContent]) {
      _ = CUDABackend(EmulatedDevice(memory: 1 << 30)).zeros([1 << 29])
    }
    #expect(
      String(decoding: result.standardErrorContent, as: UTF8.self).contains(
        """
        error: the memory of this processor does not suffice: 2.0 GiB are needed, it has 1.0 GiB
          hint: grpo.moments: bfloat16 and grpo.freeze_audio_tower: true need less; what is done so far is kept

        """))
  }
}

private func bits(_ operation: OperationCase, _ backend: any Backend) -> [[UInt32]] {
  operation.run(Workbench(backend: backend)).map { $0.hostValues.map(\.bitPattern) }
}

/// The first other bits of each result.
private func differences(_ ours: [[UInt32]], _ theirs: [[UInt32]]) -> [String] {
  zip(ours, theirs).enumerated().compactMap { index, pair in
    guard pair.0 != pair.1 else { return nil }
    let places = zip(pair.0, pair.1).enumerated().filter { $0.element.0 != $0.element.1 }
    guard let first = places.first else { return "result \(index) has another size" }
    let (a, b) = (Float(bitPattern: first.element.0), Float(bitPattern: first.element.1))
    return "result \(index)[\(first.offset)]: \(a), not \(b); \(places.count) of \(pair.0.count) differ"
  }
}
