// The processor's modes of floating-point arithmetic, which a library can change behind a program's back.
internal import CKernels

/// Asks whether the processor still rounds as IEEE 754 says, subnormal numbers included.
public enum FloatingPointModes {
  /// What is not as IEEE 754 has it, in words; nil if all is well. Of the thread that asks, and those it starts.
  public static var fault: String? {
    switch ck_float_modes() {
    case CK_OTHER_ROUNDING: "results are not rounded to the nearest number"
    case CK_FLUSHES_RESULTS: "results below 1.2e-38 become 0 (FTZ)"
    case CK_FLUSHES_OPERANDS: "operands below 1.2e-38 are taken for 0 (DAZ)"
    default: nil
    }
  }
}
