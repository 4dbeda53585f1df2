// A log-mel as others lay it out: [bands, frames], as numbers, and as a file NumPy reads.
internal import Foundation

extension LogMel {
  /// Row-major [bandCount, frames], as the models' processors give it.
  public var bandMajorValues: [Float] {
    let frames = frameCount
    var result = [Float](repeating: 0, count: values.count)
    for frame in 0..<frames {
      for band in 0..<Self.bandCount { result[band * frames + frame] = values[frame * Self.bandCount + band] }
    }
    return result
  }

  /// Little-endian Float32, [bandCount, frames]: the bytes of NumPy's `tobytes()`.
  public var bandMajorBytes: [UInt8] {
    bandMajorValues.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
  }

  /// A file of NumPy's format 1.0 with the same numbers.
  ///
  /// Source: NumPy's `numpy.lib.format`: magic, version, header length, a dictionary padded to a multiple of 64, data.
  public var numPyFile: [UInt8] {
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(Self.bandCount), \(frameCount)), }"
    while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
    header += "\n"
    let length = header.utf8.count
    let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)]
    return start + Array(header.utf8) + bandMajorBytes
  }
}
