// Calls of the system whose C form takes pointers: files, the terminal, the clock. One of the few files with pointers.
public import Glibc

/// System calls with values in place of pointers; each says what it returns where it fails.
public enum SystemCalls {
  /// What `errno` means, as the C library says it.
  public static func errorText(_ code: Int32 = errno) -> String { unsafe String(cString: strerror(code)) }

  // MARK: - Files

  /// A descriptor; below 0 if `errno` says why not. The caller closes it.
  public static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o644) -> Int32 {
    unsafe Glibc.open(path, flags | O_CLOEXEC, mode)
  }

  /// What is known of a file; nil if `errno` says why not.
  public static func status(of path: String, followsLinks: Bool = true) -> stat? {
    var status = stat()
    return unsafe (followsLinks ? stat(path, &status) : lstat(path, &status)) == 0 ? status : nil
  }

  /// What is known of an open file; nil if `errno` says why not.
  public static func status(of descriptor: Int32) -> stat? {
    var status = stat()
    return unsafe fstat(descriptor, &status) == 0 ? status : nil
  }

  /// Whether there is a folder of this name, or a link to one.
  public static func isFolder(_ path: String) -> Bool {
    status(of: path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
  }

  /// Reads on from where the file is.
  /// - Returns: how many bytes; 0 at the end, below 0 if `errno` says why not.
  public static func read(_ descriptor: Int32, into buffer: inout [UInt8]) -> Int {
    unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
  }

  /// Up to so many bytes from a place of the file on; fewer where it ends or cannot be read.
  public static func bytes(of descriptor: Int32, at start: Int, count: Int) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let got = unsafe buffer.withUnsafeMutableBytes { buffer in
        unsafe pread(descriptor, buffer.baseAddress.map { unsafe $0 + done }, count - done, off_t(start + done))
      }
      if got <= 0 { break }
      done += got
    }
    buffer.removeLast(count - done)
    return buffer
  }

  /// Writes all of the bytes.
  /// - Returns: false if `errno` says why not.
  public static func write(_ bytes: RawSpan, to descriptor: Int32) -> Bool {
    unsafe bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return true }
      var done = 0
      while done < bytes.count {
        let count = unsafe Glibc.write(descriptor, base + done, bytes.count - done)
        if count < 0, errno == EINTR { continue }
        if count <= 0 { return false }
        done += count
      }
      return true
    }
  }

  /// Writes all of the bytes. Returns false if `errno` says why not.
  public static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    unsafe write(bytes.span.bytes, to: descriptor)
  }

  /// Lends the bytes of a list.
  public static func withBytes<Result>(of list: [UInt8], _ body: (RawSpan) -> Result) -> Result {
    unsafe body(list.span.bytes)
  }

  /// A copy of the bytes.
  public static func array(_ bytes: RawSpan) -> [UInt8] { unsafe bytes.withUnsafeBytes { unsafe Array($0) } }

  /// Lets a file or folder take a name; what had it is gone. False if `errno` says why not.
  public static func rename(_ path: String, to name: String) -> Bool { unsafe Glibc.rename(path, name) == 0 }
  /// Removes a file or a link. False if `errno` says why not.
  public static func removeFile(_ path: String) -> Bool { unsafe unlink(path) == 0 }
  /// Removes an empty folder. False if `errno` says why not.
  public static func removeFolder(_ path: String) -> Bool { unsafe rmdir(path) == 0 }
  /// Makes one folder, mode 755. False if `errno` says why not.
  public static func makeFolder(_ path: String) -> Bool { unsafe mkdir(path, 0o755) == 0 }

  // MARK: - Terminal and clock

  /// Columns of the terminal that a descriptor leads to; nil if it leads to none.
  public static func terminalColumns(_ descriptor: Int32) -> Int? {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }

  /// Seconds that all threads of this process have computed.
  public static var processorSeconds: Double {
    var time = timespec()
    guard unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
