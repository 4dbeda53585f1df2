// `--device`: what is said where there is no GPU, or no such one.
import CUDABackend
import TestSupport
import Testing

@Suite("A GPU from the command line", .enabled(if: Program.isThere, "no program"))
struct DeviceTests {
  @Test("without a driver the remedy is named and nothing is run", .enabled(if: CUDADevice.count == 0, "there is a GPU"))
  func absent() throws {
    let folder = try TemporaryFolder()
    for arguments in [["run", "table4.yaml", "--profile", "smoke", "--results", folder.file("r")], ["bench", "step"]] {
      let outcome = try Program.run(arguments + ["--device", "cuda"])
      #expect(outcome.status == 3 && outcome.output.isEmpty)
      #expect(
        outcome.errors == """
          error: there is no CUDA driver (libcuda.so.1) on this machine
            hint: install NVIDIA's driver, or run on the processor: the results are the same

          """)
    }
  }

  @Test("what is no device, and what no GPU can do, is wrong usage")
  func usage() throws {
    let unknown = try Program.run(["run", "table4.yaml", "--device", "tpu"])
    #expect(unknown.status == 2 && unknown.errors.contains("The value 'tpu' is invalid for '--device <device>'"))
    let fast = try Program.run(["run", "table4.yaml", "--device", "cuda", "--arithmetic", "fast"])
    #expect(fast.status == 2 && fast.errors.contains("--arithmetic fast is the processor's alone"))
    for number in ["cuda:", "cuda:-1", "cuda:1024"] {
      #expect(try Program.run(["run", "table4.yaml", "--device", number]).status == 2)
    }
  }
}
