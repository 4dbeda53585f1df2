// Threads for one operation. Work is split over outputs only, so results cannot depend on how it is split.
internal import CKernels

/// A pool of threads that lives as long as its backend.
@safe final class Parallel: @unchecked Sendable {
  let threadCount: Int
  @unsafe private let pool: OpaquePointer?

  init(threadCount: Int) {
    self.threadCount = max(threadCount, 1)
    unsafe pool = ck_pool_create(Int32(self.threadCount))
  }

  deinit { unsafe ck_pool_destroy(pool) }

  /// Runs `body` for each task, on all threads; returns when all are done. Not reentrant.
  func tasks(_ count: Int, _ body: (Int) -> Void) {
    guard count > 1, threadCount > 1, let pool = unsafe pool else {
      for task in 0..<count { body(task) }
      return
    }
    withoutActuallyEscaping(body) { body in
      let box = Box(body)
      unsafe ck_pool_run(
        pool, count,
        { context, task in
          guard let context = unsafe context else { return }
          unsafe Unmanaged<Box>.fromOpaque(context).takeUnretainedValue().body(task)
        }, Unmanaged.passUnretained(box).toOpaque())
      box.body = { _ in }
    }
  }

  /// Splits [0, count) into runs of at least `grain` and runs them on all threads.
  func ranges(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    let parts = min(threadCount * 4, count / max(grain, 1))
    guard parts > 1, threadCount > 1 else {
      if count > 0 { body(0..<count) }
      return
    }
    tasks(parts) { part in body(count * part / parts..<count * (part + 1) / parts) }
  }

  private final class Box {
    var body: (Int) -> Void
    init(_ body: @escaping (Int) -> Void) { self.body = body }
  }
}
