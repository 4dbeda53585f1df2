// The kernels as one text, compiled when a device is opened.

enum KernelSource {
  static var text: String {
    [
      PackageResources.canonical_cu, PackageResources.products_cu, PackageResources.elementwise_cu,
      PackageResources.norms_cu, PackageResources.attention_cu,
    ].map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
  }

  /// What contraction and rounding must be, or the bits are others.
  static func options(architecture: Int) -> [String] {
    [
      "--gpu-architecture=sm_\(architecture)", "--std=c++17", "--fmad=false", "--ftz=false", "--prec-div=true",
      "--prec-sqrt=true",
    ]
  }
}
