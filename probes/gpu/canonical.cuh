// The canonical arithmetic of Sources/System/CKernels as kernels of a GPU: the same operations in the same order, each
// rounded once. To be compiled with -fmad=false: what is fused is written.
#pragma once
extern "C" {
#include "CKernels.h"
}

/// y[m,n] = x[m,k] w[n,k]^T: every element one chain of fused multiply-adds in rising k. k is a multiple of BK.
/// A block of threads makes BM x BN elements, a thread TM x TN of them; the next slice of k is read while one is used.
template <int BM, int BN, int BK, int TM, int TN>
__global__ void __launch_bounds__((BM / TM) * (BN / TN)) product(
    int m, int n, int k, const float *__restrict__ x, const float *__restrict__ w, float *y) {
  constexpr int threads = (BM / TM) * (BN / TN), across = BN / TN, down = BM / TM;
  constexpr int loadsA = BM * BK / 4 / threads, loadsB = BN * BK / 4 / threads;
  __shared__ float a[2][BK][BM + 4], b[2][BK][BN + 4];
  const int row0 = blockIdx.y * BM, column0 = blockIdx.x * BN;
  const int ty = threadIdx.x / across, tx = threadIdx.x % across;
  float sum[TM][TN] = {};
  float4 nextA[loadsA], nextB[loadsB];

  auto read = [&](const float *from, int first, int count, int k0, int i) {
    int at = threadIdx.x + i * threads, row = first + at / (BK / 4), column = k0 + at % (BK / 4) * 4;
    return row < count ? *(const float4 *)(from + (size_t)row * k + column) : make_float4(0, 0, 0, 0);
  };
  auto load = [&](int k0) {
#pragma unroll
    for (int i = 0; i < loadsA; i++) nextA[i] = read(x, row0, m, k0, i);
#pragma unroll
    for (int i = 0; i < loadsB; i++) nextB[i] = read(w, column0, n, k0, i);
  };
  auto store = [&](int slot) {
    auto put = [&](auto &panel, float4 v, int i) {
      int at = threadIdx.x + i * threads, row = at / (BK / 4), column = at % (BK / 4) * 4;
      panel[column][row] = v.x;
      panel[column + 1][row] = v.y;
      panel[column + 2][row] = v.z;
      panel[column + 3][row] = v.w;
    };
#pragma unroll
    for (int i = 0; i < loadsA; i++) put(a[slot], nextA[i], i);
#pragma unroll
    for (int i = 0; i < loadsB; i++) put(b[slot], nextB[i], i);
  };

  load(0);
  store(0);
  __syncthreads();
  int slot = 0;
  for (int k0 = 0; k0 < k; k0 += BK) {
    if (k0 + BK < k) load(k0 + BK);
#pragma unroll
    for (int kk = 0; kk < BK; kk++) {
      float u[TM], v[TN];
#pragma unroll
      for (int i = 0; i < TM; i += 4) *(float4 *)(u + i) = *(float4 *)&a[slot][kk][i * down + ty * 4];
#pragma unroll
      for (int j = 0; j < TN; j += 4) *(float4 *)(v + j) = *(float4 *)&b[slot][kk][j * across + tx * 4];
#pragma unroll
      for (int i = 0; i < TM; i++)
#pragma unroll
        for (int j = 0; j < TN; j++) sum[i][j] = __fmaf_rn(u[i], v[j], sum[i][j]);
    }
    if (k0 + BK < k) store(slot ^ 1);
    __syncthreads();
    slot ^= 1;
  }
#pragma unroll
  for (int i = 0; i < TM; i++)
#pragma unroll
    for (int j = 0; j < TN; j++) {
      int row = row0 + i / 4 * 4 * down + ty * 4 + i % 4, column = column0 + j / 4 * 4 * across + tx * 4 + j % 4;
      if (row < m && column < n) y[(size_t)row * n + column] = sum[i][j];
    }
}

// Elementwise functions: one number a thread.

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
  if (x > 88.3f) y = INFINITY;
  return x != x ? x : y;
}

__device__ inline float canonical_erf(float x) {
  const float near_zero[] = {-0.0008018855f, 0.0051893122f, -0.026854329f, 0.11283597f, -0.37612626f, 1.1283791f};
  const float beyond[] = {-0.45406166f, 0.5378829f,  -0.08292682f,  0.33779228f,
                          0.26256436f,  0.28445813f, -0.00012375227f};
  float s = x * x, p = 7.882497448e-05f, size = x < 0 ? -x : x;
  for (float c : near_zero) p = __fmaf_rn(p, s, c);
  float t = __fdiv_rn(1.0f, __fmaf_rn(size, 0.5f, 1.0f)), q = 0.11443728f;
  for (float c : beyond) q = __fmaf_rn(q, t, c);
  float large = 1.0f - q * canonical_exp(-s);
  return size >= 1.0f ? (x < 0 ? -large : large) : p * x;
}

__global__ void gelu(const float *x, float *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = x[i] * 0.5f * (1.0f + canonical_erf(x[i] * 0.70710677f));
}

__global__ void swiglu(const float *g, const float *u, float *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = g[i] * __fdiv_rn(1.0f, 1.0f + canonical_exp(-g[i])) * u[i];
}

__global__ void adamw(ck_adamw u, float *w, float *g, float *m, float *v, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  float d = g[i] * u.scale, first = m[i] * u.beta1 + d * u.keep1, second = v[i] * u.beta2 + d * d * u.keep2;
  w[i] = w[i] * u.decay - __fdiv_rn(first * u.rate, __fsqrt_rn(second) * u.correction + u.epsilon);
  m[i] = first;
  v[i] = second;
  g[i] = 0;
}

// Reductions of rows: sixteen threads are the sixteen lanes.

/// Lane i with lane i + 8, then i + 4, i + 2, i + 1.
__device__ inline float lane_sum(float v) {
  for (int half = 8; half > 0; half /= 2) v = v + __shfl_down_sync(0xFFFFFFFF, v, half, 16);
  return __shfl_sync(0xFFFFFFFF, v, 0, 16);
}

/// A whole number of blocks of rows.
__global__ void rms_norm(const float *x, const float *w, float *y, int width, float epsilon) {
  size_t row = (blockIdx.x * blockDim.x + threadIdx.x) / 16;
  int lane = threadIdx.x % 16;
  const float *in = x + row * width;
  float sum = 0;
  for (int i = lane; i < width; i += 16) sum = __fmaf_rn(in[i], in[i], sum);
  float s = __fdiv_rn(1.0f, __fsqrt_rn(__fdiv_rn(lane_sum(sum), (float)width) + epsilon));
  for (int i = lane; i < width; i += 16) y[row * width + i] = in[i] * s * w[i];
}

__global__ void softmax(float *x, int width, float scale, float *total) {
  size_t row = (blockIdx.x * blockDim.x + threadIdx.x) / 16;
  int lane = threadIdx.x % 16;
  float *in = x + row * width, highest = -INFINITY, sum = 0;
  for (int i = lane; i < width; i += 16) highest = fmaxf(highest, in[i] * scale);
  for (int half = 8; half > 0; half /= 2) highest = fmaxf(highest, __shfl_xor_sync(0xFFFFFFFF, highest, half, 16));
  for (int i = lane; i < width; i += 16) {
    float p = canonical_exp(in[i] * scale - highest);
    in[i] = p;
    sum += p;
  }
  sum = lane_sum(sum);
  if (lane == 0) total[row] = sum;
}
