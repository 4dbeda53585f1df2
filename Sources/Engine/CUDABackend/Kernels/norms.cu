// RMS and layer norm, the loss, and what a step does to the parameters. Sixteen threads are the lanes of a row, 256 the
// rows of a block; a weight's gradient is a chain over a question's rows, one column a thread.

#define ROW_BLOCK 256

/// The row of these threads; rows past the last are the last, and write nothing.
struct RowPlace {
  int row, lane;
  bool is_there;
  __device__ RowPlace(int rows) {
    row = (int)(thread_number() / LANES);
    lane = threadIdx.x % LANES;
    is_there = row < rows;
    if (!is_there) row = rows - 1;
  }
};

KERNEL void rms_norm(int rows, int width, INPUT x, INPUT w, float epsilon, OUTPUT y, OUTPUT s) {
  __shared__ float lanes[ROW_BLOCK];
  RowPlace at(rows);
  const float *in = x + (long long)at.row * width;
  float sum = 0;
#pragma unroll 8
  for (int i = at.lane; i < padded(width); i += LANES) {
    float v = i < width ? in[i] : 0;
    sum = __fmaf_rn(v, v, sum);
  }
  float scale = __fdiv_rn(1.0f, __fsqrt_rn(__fdiv_rn(lane_sum(lanes, sum), (float)width) + epsilon));
  if (!at.is_there) return;
  if (at.lane == 0) s[at.row] = scale;
#pragma unroll 8
  for (int i = at.lane; i < width; i += LANES) y[(long long)at.row * width + i] = in[i] * scale * w[i];
}

/// ds/dx[c] = -s^3 x[c] / C.
KERNEL void rms_norm_backward(int rows, int width, INPUT dy, INPUT x, INPUT w, INPUT s, OUTPUT dx, int adding) {
  __shared__ float lanes[ROW_BLOCK];
  RowPlace at(rows);
  long long base = (long long)at.row * width;
  float dot = 0, scale = s[at.row];
#pragma unroll 8
  for (int i = at.lane; i < padded(width); i += LANES)
    dot = i < width ? __fmaf_rn(dy[base + i] * w[i], x[base + i], dot) : __fmaf_rn(0.0f, 0.0f, dot);
  float shared = __fdiv_rn(lane_sum(lanes, dot) * scale * scale * scale, (float)width);
  if (!at.is_there) return;
#pragma unroll 8
  for (int i = at.lane; i < width; i += LANES) {
    float value = dy[base + i] * w[i] * scale - x[base + i] * shared;
    dx[base + i] = adding ? dx[base + i] + value : value;
  }
}

/// dw[c] += per chain the sum of dy x s.
KERNEL void rms_norm_weight(int width, const float *dy, const float *x, const float *s, const int *rows,
                            const int *chains, int chain_count, float *dw) {
  add_chains(width, rows, chains, chain_count, dw, [&](int row, int c) {
    long long at = (long long)row * width + c;
    return dy[at] * (x[at] * s[row]);
  });
}

KERNEL void layer_norm(int rows, int width, INPUT x, INPUT w, INPUT b, float epsilon, OUTPUT y, OUTPUT m, OUTPUT s) {
  __shared__ float lanes[ROW_BLOCK];
  RowPlace at(rows);
  const float *in = x + (long long)at.row * width;
  float sum = 0, squares = 0;
#pragma unroll 8
  for (int i = at.lane; i < padded(width); i += LANES) sum += i < width ? in[i] : 0;
  float mean = __fdiv_rn(lane_sum(lanes, sum), (float)width);
#pragma unroll 8
  for (int i = at.lane; i < padded(width); i += LANES) {
    float centred = (i < width ? in[i] : mean) - mean;
    squares = __fmaf_rn(centred, centred, squares);
  }
  float scale = __fdiv_rn(1.0f, __fsqrt_rn(__fdiv_rn(lane_sum(lanes, squares), (float)width) + epsilon));
  if (!at.is_there) return;
  if (at.lane == 0) m[at.row] = mean, s[at.row] = scale;
#pragma unroll 8
  for (int i = at.lane; i < width; i += LANES)
    y[(long long)at.row * width + i] = (in[i] - mean) * scale * w[i] + b[i];
}

/// n = (x - m) s; dx = s (g - mean(g) - n mean(g n)), g = dy w.
KERNEL void layer_norm_backward(int rows, int width, INPUT dy, INPUT x, INPUT w, INPUT m, INPUT s, OUTPUT dx, int
                                adding) {
  __shared__ float lanes[ROW_BLOCK];
  RowPlace at(rows);
  long long base = (long long)at.row * width;
  float mean = m[at.row], scale = s[at.row], sum = 0, dot = 0;
#pragma unroll 8
  for (int i = at.lane; i < padded(width); i += LANES) {
    float g = i < width ? dy[base + i] * w[i] : 0, v = i < width ? x[base + i] : mean;
    sum += g;
    dot = __fmaf_rn(g, (v - mean) * scale, dot);
  }
  float mean_g = __fdiv_rn(lane_sum(lanes, sum), (float)width);
  float mean_gn = __fdiv_rn(lane_sum(lanes, dot), (float)width);
  if (!at.is_there) return;
#pragma unroll 8
  for (int i = at.lane; i < width; i += LANES) {
    float normal = (x[base + i] - mean) * scale;
    float value = (dy[base + i] * w[i] - mean_g - normal * mean_gn) * scale;
    dx[base + i] = adding ? dx[base + i] + value : value;
  }
}

/// dw[c] += per chain the sum of dy (x - m) s.
KERNEL void layer_norm_weight(int width, const float *dy, const float *x, const float *m, const float *s,
                              const int *rows, const int *chains, int chain_count, float *dw) {
  add_chains(width, rows, chains, chain_count, dw, [&](int row, int c) {
    long long at = (long long)row * width + c;
    return dy[at] * ((x[at] - m[row]) * s[row]);
  });
}

/// l = x[target]/T - lse, lse = max + log sum e^(x/T - max), and the entropy.
KERNEL void log_probabilities(int rows, int width, const float *x, const int *targets, float inverse, float *l, float
                              *lse, float *entropy) {
  __shared__ float lanes[ROW_BLOCK];
  RowPlace at(rows);
  const float *in = x + (long long)at.row * width;
  float highest = -INFINITE, sum = 0, product = 0;
#pragma unroll 8
  for (int i = at.lane; i < padded(width); i += LANES)
    highest = raised(highest, (i < width ? in[i] : -INFINITE) * inverse);
  highest = lane_highest(lanes, highest);
#pragma unroll 8
  for (int i = at.lane; i < padded(width); i += LANES) {
    float centred = (i < width ? in[i] : -INFINITE) * inverse - highest, p = canonical_exp(centred);
    sum += p;
    // What cannot be has no share: 0 times -infinity counts as 0.
    product += centred == -INFINITE ? 0 : p * centred;
  }
  float total = lane_sum(lanes, sum), moment = lane_sum(lanes, product);
  if (!at.is_there || at.lane != 0) return;
  float log_total = (float)canonical_log((double)total);
  lse[at.row] = highest + log_total;
  l[at.row] = in[targets[at.row]] * inverse - (highest + log_total);
  entropy[at.row] = log_total - __fdiv_rn(moment, total);
}

/// dx may be x: a number is read and written by one thread.
KERNEL void log_probabilities_backward(int width, const float *x, const float *lse, const int *targets, const float
                                       *coefficients, float inverse, float *dx) {
  int c = column_number(), row = blockIdx.x;
  if (c >= width) return;
  long long at = (long long)row * width + c;
  float coefficient = coefficients[row] * inverse;
  float value = canonical_exp(x[at] * inverse - lse[row]) * -coefficient;
  dx[at] = c == targets[row] ? value + coefficient : value;
}

/// Sums of squares in Double of pieces of `piece` numbers, in sixteen lanes.
KERNEL void squared_norm(long long n, int piece, const float *x, double *sums) {
  __shared__ double lanes[ROW_BLOCK];
  long long number = thread_number() / LANES, first = number * piece;
  int count = n - first < piece ? (int)(n - first) : piece;
  double sum = 0;
#pragma unroll 8
  for (int i = threadIdx.x % LANES; i < padded(count); i += LANES) {
    double v = i < count ? (double)x[first + i] : 0;
    sum = sum + v * v;
  }
  sum = lane_sum(lanes, sum);
  if (count > 0 && threadIdx.x % LANES == 0) sums[number] = sum;
}

/// Word `lane` of ten rounds of Philox4x32 at a position.
__device__ inline unsigned philox(unsigned long long position, int lane, unsigned key0, unsigned key1, unsigned high0,
                                  unsigned high1) {
  unsigned x = (unsigned)position, y = (unsigned)(position >> 32), z = high0, w = high1;
  for (int round = 0; round < 10; round++) {
    unsigned long long p = x * 0xD2511F53ull, q = z * 0xCD9E8D57ull;
    x = (unsigned)(q >> 32) ^ y ^ key0;
    y = (unsigned)q;
    z = (unsigned)(p >> 32) ^ w ^ key1;
    w = (unsigned)p;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return lane == 0 ? x : lane == 1 ? y : lane == 2 ? z : w;
}

/// One of the two neighbours, up in magnitude with so many chances in 2^16 as the number lies above the lower one.
__device__ inline half_bits narrow_by(float x, unsigned random) {
  unsigned bits = __float_as_uint(x);
  return (bits & 0x7F800000u) == 0x7F800000u ? narrow(x) : (half_bits)((bits + random) >> 16);
}

/// The update of `AdamWStep`; its constants are those of the processor's kernel.
__device__ inline void adamw_update(float scale, float beta1, float beta2, float keep1, float keep2, float decay,
                                    float rate, float correction, float epsilon, float *w, float *g, float *m,
                                    float *v) {
  float d = *g * scale;
  *m = *m * beta1 + d * keep1;
  *v = *v * beta2 + d * d * keep2;
  *w = *w * decay - __fdiv_rn(*m * rate, __fsqrt_rn(*v) * correction + epsilon);
  *g = 0;
}
KERNEL void adamw(long long n, float scale, float beta1, float beta2, float keep1, float keep2, float decay, float rate,
                  float correction, float epsilon, float *w, float *g, float *m, float *v) {
  long long i = thread_number();
  if (i >= n) return;
  adamw_update(scale, beta1, beta2, keep1, keep2, decay, rate, correction, epsilon, w + i, g + i, m + i, v + i);
}
KERNEL void adamw_half(long long n, float scale, float beta1, float beta2, float keep1, float keep2, float decay, float
                       rate, float correction, float epsilon, unsigned key0, unsigned key1, unsigned high0, unsigned
                       high1, float *w, float *g, half_bits *m, half_bits *v) {
  long long i = thread_number();
  if (i >= n) return;
  float first = wide(m[i]), second = wide(v[i]);
  adamw_update(scale, beta1, beta2, keep1, keep2, decay, rate, correction, epsilon, w + i, g + i, &first, &second);
  unsigned word = philox((unsigned long long)i / 4, (int)(i % 4), key0, key1, high0, high1);
  m[i] = narrow_by(first, word & 0xFFFFu);
  v[i] = narrow_by(second, word >> 16);
}
