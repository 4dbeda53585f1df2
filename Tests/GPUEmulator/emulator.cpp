// CUDA's words for a processor. The threads of a block are fibers of one thread of the system: each runs to its next
// barrier, then the next one does. A fiber lives on from block to block, and jumps cost no call of the system.
#include "GPUEmulator.h"
#include <cmath>
#include <csetjmp>
#include <cstring>
#include <memory>
#include <ucontext.h>
#include <utility>
#include <vector>

namespace {

struct Index {
  unsigned x, y;
};
thread_local Index threadIdx, blockIdx, blockDim, gridDim;

struct Fiber {
  std::unique_ptr<char[]> stack;
  jmp_buf place;
  bool is_started, is_done;
};
constexpr size_t stack_size = 128 << 10;
thread_local std::vector<Fiber> fibers;
thread_local jmp_buf scheduler;
thread_local Fiber *running = nullptr;

/// Back to the scheduler, until it resumes this fiber.
__attribute__((noinline)) void yield() {
  if (_setjmp(running->place) == 0) _longjmp(scheduler, 1);
}

void __syncthreads() { yield(); }

float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
float __fdiv_rn(float a, float b) { return a / b; }
float __fsqrt_rn(float a) { return std::sqrt(a); }
double __ddiv_rn(double a, double b) { return a / b; }

template <class To, class From>
To reinterpreted(From value) {
  static_assert(sizeof(To) == sizeof(From), "the same bits");
  To bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
float __uint_as_float(unsigned x) { return reinterpreted<float>(x); }
float __int_as_float(int x) { return reinterpreted<float>(x); }
unsigned __float_as_uint(float x) { return reinterpreted<unsigned>(x); }
double __longlong_as_double(long long x) { return reinterpreted<double>(x); }
long long __double_as_longlong(double x) { return reinterpreted<long long>(x); }

struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(8) ushort4 {
  unsigned short x, y, z, w;
};

// Copies are made at once, where a GPU makes them by and by.
void copy_later(void *shared, const void *is, bool there) {
  if (there) std::memcpy(shared, is, 16);
  else std::memset(shared, 0, 16);
}
void end_group() {}
template <int last>
void await_groups() {}

#define EMULATED
#define KERNEL
#define __device__
#define __launch_bounds__(...)
#define __shared__ static thread_local
#define __align__(bytes) __attribute__((aligned(bytes)))
#include "../../Sources/Engine/CUDABackend/Kernels/canonical.cu"
#include "../../Sources/Engine/CUDABackend/Kernels/products.cu"
#include "../../Sources/Engine/CUDABackend/Kernels/elementwise.cu"
#include "../../Sources/Engine/CUDABackend/Kernels/norms.cu"
#include "../../Sources/Engine/CUDABackend/Kernels/attention.cu"

/// A kernel with its arguments still as bytes.
struct Entry {
  const char *name;
  int count;
  /// Whether its threads wait for each other.
  bool has_barriers;
  void (*run)(const uint64_t *arguments);
};

template <auto kernel>
struct Call;
template <class... A, void (*kernel)(A...)>
struct Call<kernel> {
  static constexpr int count = sizeof...(A);
  template <class T>
  static T argument(uint64_t bits) {
    static_assert(sizeof(T) <= 8, "an argument of eight bytes");
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  template <size_t... i>
  static void with(const uint64_t *arguments, std::index_sequence<i...>) {
    kernel(argument<A>(arguments[i])...);
  }
  static void run(const uint64_t *arguments) { with(arguments, std::index_sequence_for<A...>()); }
};

#define ALONE(name) {#name, Call<name>::count, false, Call<name>::run},
#define TOGETHER(name) {#name, Call<name>::count, true, Call<name>::run},
#define SIZES(name) TOGETHER(name##_large) TOGETHER(name##_medium) TOGETHER(name##_loose)
const Entry entries[] = {
  SIZES(linear) SIZES(linear_half) SIZES(linear_input) SIZES(linear_input_half) SIZES(linear_weight) TOGETHER(linear_few)
  TOGETHER(linear_half_few) ALONE(column_sums)
  ALONE(fill) ALONE(widen) ALONE(narrow_all) ALONE(add) ALONE(scale) ALONE(gelu) ALONE(gelu_backward) ALONE(swiglu)
  ALONE(swiglu_backward) ALONE(gather_rows) ALONE(gather_rows_half) ALONE(scatter_add_rows) ALONE(set_rows)
  ALONE(add_rows) ALONE(add_rows_half) ALONE(average_pairs) ALONE(average_pairs_backward) ALONE(unfold)
  ALONE(unfold_backward) ALONE(rotate) TOGETHER(rms_norm) TOGETHER(rms_norm_backward) ALONE(rms_norm_weight)
  TOGETHER(layer_norm) TOGETHER(layer_norm_backward) ALONE(layer_norm_weight) TOGETHER(log_probabilities)
  ALONE(log_probabilities_backward) TOGETHER(squared_norm) ALONE(adamw) ALONE(adamw_half) TOGETHER(attention)
  TOGETHER(attention_dots) TOGETHER(attention_queries) TOGETHER(attention_keys)
};

thread_local const Entry *launched;
thread_local const uint64_t *launched_arguments;

void run_fiber() {
  for (;;) {
    launched->run(launched_arguments);
    running->is_done = true;
    yield();
  }
}

__attribute__((noinline)) void start(Fiber &fiber) {
  ucontext_t context;
  getcontext(&context);
  fiber.stack.reset(new char[stack_size]);
  context.uc_stack.ss_sp = fiber.stack.get();
  context.uc_stack.ss_size = stack_size;
  context.uc_link = nullptr;
  makecontext(&context, run_fiber, 0);
  fiber.is_started = true;
  setcontext(&context);
}

__attribute__((noinline)) void resume(Fiber &fiber) {
  running = &fiber;
  if (_setjmp(scheduler) != 0) return;
  if (fiber.is_started) _longjmp(fiber.place, 1);
  start(fiber);
}

void run_block_together(int threads) {
  if ((int)fibers.size() < threads) fibers.resize(threads);
  for (int i = 0; i < threads; i++) fibers[i].is_done = false;
  for (int left = threads; left > 0;) {
    left = 0;
    for (int i = 0; i < threads; i++) {
      if (fibers[i].is_done) continue;
      threadIdx = {(unsigned)i, 0};
      resume(fibers[i]);
      if (!fibers[i].is_done) left++;
    }
  }
}

}  // namespace

int gpu_emulator_launch(const char *kernel, int blocks_x, int blocks_y, int threads, const uint64_t *arguments,
                        int count) {
  launched = nullptr;
  for (const Entry &entry : entries)
    if (std::strcmp(entry.name, kernel) == 0) launched = &entry;
  if (!launched) return 1;
  if (launched->count != count) return 2;
  launched_arguments = arguments;
  blockDim = {(unsigned)threads, 1};
  gridDim = {(unsigned)blocks_x, (unsigned)blocks_y};
  for (int y = 0; y < blocks_y; y++)
    for (int x = 0; x < blocks_x; x++) {
      blockIdx = {(unsigned)x, (unsigned)y};
      if (launched->has_barriers) {
        run_block_together(threads);
      } else {
        for (int i = 0; i < threads; i++) {
          threadIdx = {(unsigned)i, 0};
          launched->run(arguments);
        }
      }
    }
  return 0;
}
