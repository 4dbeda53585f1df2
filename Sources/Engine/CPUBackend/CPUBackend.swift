// The processor as a backend: canonical arithmetic by default, OpenBLAS where speed may cost reproducibility.
internal import CKernels
internal import Foundation
internal import TensorCore

/// How matrix products are computed; all else is canonical.
public enum Arithmetic: String, Sendable, Hashable, CaseIterable {
  /// The same bits on every machine, for any number of threads and any batch.
  case canonical
  /// OpenBLAS for products: its bits depend on threads, batch and processor.
  case fast
}

/// Which instructions the canonical kernels use: it cannot change a bit, only the speed.
public enum InstructionSet: String, Sendable, Hashable, CaseIterable {
  case scalar, avx2, avx512

  /// The processor's best, or what `REPRO_INSTRUCTIONS` forces if the processor has it.
  public static var preferred: InstructionSet {
    let forced = ProcessInfo.processInfo.environment["REPRO_INSTRUCTIONS"].flatMap(InstructionSet.init)
    return forced.flatMap { $0.rank <= best.rank ? $0 : nil } ?? best
  }

  /// The best this processor has.
  public static var best: InstructionSet {
    switch ck_best() {
    case CK_AVX512: .avx512
    case CK_AVX2: .avx2
    default: .scalar
    }
  }

  var rank: Int { self == .scalar ? 0 : self == .avx2 ? 1 : 2 }
  var kernel: ck_instructions { self == .scalar ? CK_SCALAR : self == .avx2 ? CK_AVX2 : CK_AVX512 }
}

/// The operations of `Backend` on this machine's processor.
public final class CPUBackend: Sendable {
  public let arithmeticKind: Arithmetic
  public let instructions: InstructionSet
  let parallel: Parallel
  let memory = MemoryPool()
  let rotary = RotaryTables()

  /// - Parameter threadCount: threads of an operation, the caller included.
  public init(
    arithmetic: Arithmetic = .canonical, threadCount: Int, instructions: InstructionSet = .preferred
  ) {
    arithmeticKind = arithmetic
    self.instructions = instructions.rank <= InstructionSet.best.rank ? instructions : .best
    parallel = Parallel(threadCount: threadCount)
    if arithmetic == .fast { OpenBLAS.prepare(threadCount: threadCount) }
  }

  public var threadCount: Int { parallel.threadCount }

  /// The processor's threads this process may use.
  public static var availableThreads: Int { max(ProcessInfo.processInfo.activeProcessorCount, 1) }

  /// Whether the library of the fast arithmetic is on this machine.
  public static var hasFastArithmetic: Bool { OpenBLAS.isThere }

  /// For provenance. Canonical bits depend on nothing, so nothing else is named.
  public var arithmetic: String {
    arithmeticKind == .canonical ? "canonical" : "fast (\(OpenBLAS.description), \(threadCount) threads)"
  }
}
