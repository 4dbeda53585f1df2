// The canonical arithmetic of Sources/System/CKernels as device functions: the same operations in the same order, each
// rounded once, so the same bits. Compiled without contraction: what is fused is written.
//
// The files of this folder are compiled as one, in the order of `KernelSource.swift`. They use neither shuffles nor
// atomics, so that the tests can run them on a processor as well.

#ifndef KERNEL
#define KERNEL extern "C" __global__
#endif

typedef unsigned short half_bits;
typedef unsigned int word;

/// What a kernel reads and what it writes, where they do not overlap: loads need not wait for stores.
#define INPUT const float *__restrict__
#define OUTPUT float *__restrict__

#define LANES 16
#define INFINITE __int_as_float(0x7F800000)

__device__ inline float wide(float x) { return x; }
__device__ inline float wide(half_bits x) { return __uint_as_float((word)x << 16); }

/// To bfloat16, ties to even; not-a-number stays so.
__device__ inline half_bits narrow(float x) {
  word bits = __float_as_uint(x);
  if ((bits & 0x7FFFFFFF) > 0x7F800000) return (half_bits)(bits >> 16 | 0x40);
  return (half_bits)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

/// Four numbers that lie together, on a boundary of four.
__device__ inline void read_four(const float *p, float *v) {
  float4 x = *(const float4 *)p;
  v[0] = x.x, v[1] = x.y, v[2] = x.z, v[3] = x.w;
}
__device__ inline void read_four(const half_bits *p, float *v) {
  ushort4 x = *(const ushort4 *)p;
  v[0] = wide(x.x), v[1] = wide(x.y), v[2] = wide(x.z), v[3] = wide(x.w);
}

/// e^x = 2^n e^r, r = x - n ln 2 in two fused steps; 0 below -87.3, infinite above 88.3.
__device__ inline float canonical_exp(float x) {
  float shifted = __fmaf_rn(x, 1.442695f, 12582912.0f), n = shifted - 12582912.0f;
  float r = __fmaf_rn(n, 2.1219444e-4f, __fmaf_rn(n, -0.693359375f, x));
  float p = 0.0013933902f;
  p = __fmaf_rn(p, r, 0.0083633484f);
  p = __fmaf_rn(p, r, 0.041666463f);
  p = __fmaf_rn(p, r, 0.16666576f);
  p = __fmaf_rn(p, r, 0.5f);
  p = __fmaf_rn(p * r, r, r) + 1.0f;
  float y = p * __uint_as_float((__float_as_uint(shifted) << 23) + 0x3F800000u);
  if (x < -87.3f) y = 0;
  if (x > 88.3f) y = INFINITE;
  return x != x ? x : y;
}

/// A polynomial in x^2 below 1; above, 1 - e^(-x^2) times a polynomial in 1 / (1 + |x|/2).
__device__ inline float canonical_erf(float x) {
  const float near_zero[] = {-0.0008018855f, 0.0051893122f, -0.026854329f, 0.11283597f, -0.37612626f, 1.1283791f};
  const float beyond[] = {-0.45406166f, 0.5378829f,  -0.08292682f,  0.33779228f,
                          0.26256436f,  0.28445813f, -0.00012375227f};
  float s = x * x, p = 7.882497448e-05f, size = x < 0 ? -x : x;
  for (int i = 0; i < 6; i++) p = __fmaf_rn(p, s, near_zero[i]);
  float t = __fdiv_rn(1.0f, __fmaf_rn(size, 0.5f, 1.0f)), q = 0.11443728f;
  for (int i = 0; i < 7; i++) q = __fmaf_rn(q, t, beyond[i]);
  float large = 1.0f - q * canonical_exp(-s);
  return size >= 1.0f ? (x < 0 ? -large : large) : p * x;
}

__device__ inline float canonical_sigmoid(float x) { return __fdiv_rn(1.0f, 1.0f + canonical_exp(-x)); }

/// ln x of a positive finite number that is not denormal, as `Canonical.log`.
__device__ inline double canonical_log(double x) {
  if (x != x || x < 0) return __longlong_as_double(0x7FF8000000000000ll);
  if (x == 0) return __longlong_as_double((long long)0xFFF0000000000000ull);
  if (x == __longlong_as_double(0x7FF0000000000000ll)) return x;
  long long bits = __double_as_longlong(x);
  double mantissa = __longlong_as_double((bits & 0x000FFFFFFFFFFFFFll) | 0x3FF0000000000000ll);
  double exponent = (double)((int)(bits >> 52) - 1023);
  if (mantissa > 1.4142135623730951) {
    mantissa = mantissa / 2;
    exponent = exponent + 1;
  }
  double s = __ddiv_rn(mantissa - 1, mantissa + 1), square = s * s;
  double sum = square * (1.0 / 25);
  sum = square * (sum + 1.0 / 23);
  sum = square * (sum + 1.0 / 21);
  sum = square * (sum + 1.0 / 19);
  sum = square * (sum + 1.0 / 17);
  sum = square * (sum + 1.0 / 15);
  sum = square * (sum + 1.0 / 13);
  sum = square * (sum + 1.0 / 11);
  sum = square * (sum + 1.0 / 9);
  sum = square * (sum + 1.0 / 7);
  sum = square * (sum + 1.0 / 5);
  sum = square * (sum + 1.0 / 3);
  return exponent * 6.93147180369123816490e-01 + (2 * s * (1 + sum) + exponent * 1.90821492927058770002e-10);
}

// Reductions of rows: sixteen threads are the sixteen lanes of a row, the lane number their thread number mod 16. All
// threads of a block come here together.

/// Lane i with lane i + 8, then i + 4, i + 2, i + 1.
template <class T>
__device__ inline T lane_sum(T *shared, T value) {
  int lane = threadIdx.x % LANES, first = threadIdx.x - lane;
  __syncthreads();
  shared[threadIdx.x] = value;
  for (int half = LANES / 2; half > 0; half /= 2) {
    __syncthreads();
    if (lane < half) shared[threadIdx.x] = shared[threadIdx.x] + shared[threadIdx.x + half];
  }
  __syncthreads();
  return shared[first];
}

__device__ inline float raised(float highest, float x) { return x > highest || x != x ? x : highest; }

/// The highest lane; not a number if one is.
__device__ inline float lane_highest(float *shared, float value) {
  int first = threadIdx.x - threadIdx.x % LANES;
  __syncthreads();
  shared[threadIdx.x] = value;
  __syncthreads();
  float best = shared[first];
  for (int i = 1; i < LANES; i++) best = raised(best, shared[first + i]);
  return best;
}

/// Numbers of a grid of one number a thread.
__device__ inline long long thread_number() { return (long long)blockIdx.x * blockDim.x + threadIdx.x; }

/// `count` rounded up to whole lanes.
__device__ inline int padded(int count) { return (count + LANES - 1) / LANES * LANES; }
