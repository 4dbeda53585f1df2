// Libraries that change the processor's floating-point modes, loaded before the program.
import Foundation
import TestSupport
import Testing

@Suite("Floating-point modes", .enabled(if: Program.isThere, "the program is not built"))
struct FloatingPointTests {
  private static let compiler = ["/usr/bin/cc", "/usr/bin/gcc", "/usr/bin/clang"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  #if arch(x86_64)
    @Test(
      "a changed mode is told before anything is computed", .enabled(if: compiler != nil, "no C compiler"),
      arguments: [
        ("0x8000", "results below 1.2e-38 become 0 (FTZ)"), ("0x0040", "operands below 1.2e-38 are taken for 0 (DAZ)"),
        ("0x2000", "results are not rounded to the nearest number"),
        ("0x4000", "results are not rounded to the nearest number"),
        ("0x6000", "results are not rounded to the nearest number"), ("0", nil),
      ] as [(String, String?)])
    func changed(_ bits: String, _ fault: String?) throws {
      let folder = try TemporaryFolder()
      try folder.write(
        "#include <xmmintrin.h>\n__attribute__((constructor)) static void set(void) { _mm_setcsr(_mm_getcsr() | \(bits)); }\n",
        to: "mode.c")
      let process = Process()
      process.executableURL = URL(fileURLWithPath: try #require(Self.compiler))
      process.arguments = ["-shared", "-fPIC", "-O1", "-o", folder.file("mode.so"), folder.file("mode.c")]
      try process.run()
      process.waitUntilExit()
      try #require(process.terminationStatus == 0)
      let outcome = try Program.run(["list"], environment: ["LD_PRELOAD": folder.file("mode.so")])
      guard let fault else {
        #expect(outcome.status == 0, "\(outcome.errors)")
        return
      }
      #expect(outcome.status == 2)
      #expect(
        outcome.errors == """
          error: the processor's floating-point mode was changed before this program began: \(fault)
            hint: a library that is loaded with it does that, such as one of LD_PRELOAD built with -ffast-math; start \
          without it, or no result has its bytes

          """)
    }
  #endif
}
