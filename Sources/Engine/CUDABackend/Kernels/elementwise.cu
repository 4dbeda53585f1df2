// One number in, one number out: one number a thread. Rows picked and put, and sums of them in a fixed order.

KERNEL void fill(long long n, float value, float *x) {
  long long i = thread_number();
  if (i < n) x[i] = value;
}

KERNEL void widen(long long n, const half_bits *x, float *y) {
  long long i = thread_number();
  if (i < n) y[i] = wide(x[i]);
}

KERNEL void narrow_all(long long n, const float *x, half_bits *y) {
  long long i = thread_number();
  if (i < n) y[i] = narrow(x[i]);
}

KERNEL void add(long long n, const float *x, float *y) {
  long long i = thread_number();
  if (i < n) y[i] = y[i] + x[i];
}

KERNEL void scale(long long n, float factor, float *x) {
  long long i = thread_number();
  if (i < n) x[i] = x[i] * factor;
}

KERNEL void gelu(long long n, const float *x, float *y) {
  long long i = thread_number();
  if (i < n) y[i] = x[i] * 0.5f * (1.0f + canonical_erf(x[i] * 0.70710677f));
}

/// y = x F(x), so dy/dx = F(x) + x f(x), F and f of the normal distribution.
KERNEL void gelu_backward(long long n, const float *dy, const float *x, float *dx) {
  long long i = thread_number();
  if (i >= n) return;
  float v = x[i], cumulative = (1.0f + canonical_erf(v * 0.70710677f)) * 0.5f;
  float density = canonical_exp(v * v * -0.5f) * 0.3989423f;
  dx[i] = dy[i] * __fmaf_rn(v, density, cumulative);
}

KERNEL void swiglu(long long n, const float *g, const float *u, float *y) {
  long long i = thread_number();
  if (i < n) y[i] = g[i] * canonical_sigmoid(g[i]) * u[i];
}

/// y = g s(g) u, and d(g s)/dg = s (1 + g (1 - s)).
KERNEL void swiglu_backward(long long n, const float *dy, const float *g, const float *u, float *dg, float *du) {
  long long i = thread_number();
  if (i >= n) return;
  float d = dy[i], gate = g[i], up = u[i], sigma = canonical_sigmoid(gate);
  dg[i] = d * up * sigma * __fmaf_rn(gate, 1.0f - sigma, 1.0f);
  du[i] = d * gate * sigma;
}

// Rows: blockIdx.x is the row, the threads of a row its columns.

__device__ inline int column_number() { return blockIdx.y * blockDim.x + threadIdx.x; }

template <class T>
__device__ inline void gather(int width, const T *table, const int *indices, float *y) {
  int c = column_number();
  if (c < width) y[(long long)blockIdx.x * width + c] = wide(table[(long long)indices[blockIdx.x] * width + c]);
}
KERNEL void gather_rows(int width, const float *table, const int *indices, float *y) {
  gather(width, table, indices, y);
}
KERNEL void gather_rows_half(int width, const half_bits *table, const int *indices, float *y) {
  gather(width, table, indices, y);
}

/// table[targets[t]] += dy[order[i]] for i in [starts[t], starts[t + 1]), in that order.
KERNEL void scatter_add_rows(int width, const float *dy, const int *targets, const int *starts, const int *order,
                             float *table) {
  int c = column_number();
  if (c >= width) return;
  float *out = table + (long long)targets[blockIdx.x] * width + c, sum = *out;
  for (int i = starts[blockIdx.x]; i < starts[blockIdx.x + 1]; i++) sum += dy[(long long)order[i] * width + c];
  *out = sum;
}

KERNEL void set_rows(int width, const float *x, const int *indices, float *y) {
  int c = column_number();
  if (c < width) y[(long long)indices[blockIdx.x] * width + c] = x[(long long)blockIdx.x * width + c];
}

template <class T>
__device__ inline void add_picked(int width, const T *table, const int *indices, float *x) {
  int c = column_number();
  long long at = (long long)blockIdx.x * width + c;
  if (c < width) x[at] = x[at] + wide(table[(long long)indices[blockIdx.x] * width + c]);
}
KERNEL void add_rows(int width, const float *table, const int *indices, float *x) {
  add_picked(width, table, indices, x);
}
KERNEL void add_rows_half(int width, const half_bits *table, const int *indices, float *x) {
  add_picked(width, table, indices, x);
}

KERNEL void average_pairs(int width, const float *x, const int *starts, float *y) {
  int c = column_number();
  if (c >= width) return;
  const float *in = x + (long long)starts[blockIdx.x] * width + c;
  y[(long long)blockIdx.x * width + c] = (in[0] + in[width]) * 0.5f;
}

KERNEL void average_pairs_backward(int width, const float *dy, const int *starts, float *dx) {
  int c = column_number();
  if (c >= width) return;
  float *out = dx + (long long)starts[blockIdx.x] * width + c;
  float half = dy[(long long)blockIdx.x * width + c] * 0.5f;
  out[0] = half;
  out[width] = half;
}

/// sources[3 r + tap] is the row that output row r reads at that tap; below 0, zeros.
KERNEL void unfold(int width, const float *x, const int *sources, float *y) {
  int c = column_number();
  if (c >= width) return;
  for (int tap = 0; tap < 3; tap++) {
    int row = sources[3 * blockIdx.x + tap];
    y[((long long)blockIdx.x * width + c) * 3 + tap] = row < 0 ? 0 : x[(long long)row * width + c];
  }
}

/// readers[3 s + tap] is the output row that read row s at that tap, below 0 none.
KERNEL void unfold_backward(int width, const float *dy, const int *readers, float *dx) {
  int c = column_number();
  if (c >= width) return;
  float sum = 0;
  for (int tap = 0; tap < 3; tap++) {
    int row = readers[3 * blockIdx.x + tap];
    if (row >= 0) sum += dy[((long long)row * width + c) * 3 + tap];
  }
  dx[(long long)blockIdx.x * width + c] = sum;
}

/// Turns each pair (i, i + half) of each head by its row's angle; cosines and sines are [positions, half].
KERNEL void rotate(int width, int half, const int *positions, const float *cosines, const float *sines, int inverse,
                   float *x) {
  int pair = column_number();
  if (pair >= width / 2) return;
  int i = pair % half;
  float *low = x + (long long)blockIdx.x * width + pair / half * 2 * half + i, *high = low + half;
  long long at = (long long)positions[blockIdx.x] * half + i;
  float cosine = cosines[at], sine = inverse ? -sines[at] : sines[at], a = *low, b = *high;
  *low = a * cosine - b * sine;
  *high = b * cosine + a * sine;
}
