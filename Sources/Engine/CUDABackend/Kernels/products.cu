// Matrix products: every element one chain of fused multiply-adds in rising k, whatever the tiles.
//
// A block of threads makes BM x BN elements, a thread TM x TN of them; the next slice of k is read while one is used.
// An operand's lanes are rows of the output (a) or its columns (b). Where its rows are lanes, k runs along a row; where
// its columns are, k counts rows, through `rows` if there is such a list.

/// What happens to a finished chain.
enum { ASSIGN = 0, ADD = 1 };

/// Reads a thread's part of a slice: BK deep, SIZE lanes wide; what lies outside is zero and never used.
template <int SIZE, int BK, int THREADS, bool ROW_LANES, class T>
struct Slice {
  static constexpr int count = SIZE * BK / 4, loads = (count + THREADS - 1) / THREADS;
  float next[loads][4];

  __device__ inline void fetch(const T *base, long long stride, const int *rows, int first, int lanes, int k0, int end,
                               bool aligned) {
#pragma unroll
    for (int i = 0; i < loads; i++) {
      int at = threadIdx.x + i * THREADS;
      int lane = first + (ROW_LANES ? at / (BK / 4) : at % (SIZE / 4) * 4);
      int k = k0 + (ROW_LANES ? at % (BK / 4) * 4 : at / (SIZE / 4));
      next[i][0] = next[i][1] = next[i][2] = next[i][3] = 0;
      if (at >= count || lane >= lanes || k >= end) continue;
      long long row = ROW_LANES ? lane : rows ? rows[k] : k;
      int column = ROW_LANES ? k : lane, left = (ROW_LANES ? end : lanes) - column;
      const T *p = base + row * stride + column;
      if (aligned && left >= 4) {
        read_four(p, next[i]);
      } else {
        for (int j = 0; j < 4; j++)
          if (j < left) next[i][j] = wide(p[j]);
      }
    }
  }

  __device__ inline void put(float (*panel)[SIZE + 4]) const {
#pragma unroll
    for (int i = 0; i < loads; i++) {
      int at = threadIdx.x + i * THREADS;
      if (at >= count) continue;
      if (ROW_LANES) {
        for (int j = 0; j < 4; j++) panel[at % (BK / 4) * 4 + j][at / (BK / 4)] = next[i][j];
      } else {
        *(float4 *)&panel[at / (SIZE / 4)][at % (SIZE / 4) * 4] =
          make_float4(next[i][0], next[i][1], next[i][2], next[i][3]);
      }
    }
  }
};

template <int BM, int BN, int BK, int TM, int TN>
__device__ inline void rank_one(float (*a)[BM + 4], float (*b)[BN + 4], int kk, int ty, int tx, float (*sum)[TN]) {
  float u[TM], v[TN];
#pragma unroll
  for (int i = 0; i < TM; i += 4) read_four(&a[kk][i * (BM / TM) + ty * 4], u + i);
#pragma unroll
  for (int j = 0; j < TN; j += 4) read_four(&b[kk][j * (BN / TN) + tx * 4], v + j);
#pragma unroll
  for (int i = 0; i < TM; i++)
#pragma unroll
    for (int j = 0; j < TN; j++) sum[i][j] = __fmaf_rn(u[i], v[j], sum[i][j]);
}

/// y[m, n], of the chains [chains[2 c], chains[2 c + 1]) of k one after another, or of one chain [0, k).
template <int BM, int BN, int BK, int TM, int TN, bool A_ROWS, bool B_ROWS, class T>
__device__ inline void product(int m, int n, int k, const float *a, long long a_stride, bool a_aligned, const T *b,
                               long long b_stride, bool b_aligned, const int *rows, const int *chains, int chain_count,
                               const float *bias, float *y, int mode) {
  constexpr int threads = (BM / TM) * (BN / TN), across = BN / TN, down = BM / TM;
  __shared__ float panel_a[2][BK][BM + 4], panel_b[2][BK][BN + 4];
  const int row0 = blockIdx.y * BM, column0 = blockIdx.x * BN;
  const int ty = threadIdx.x / across, tx = threadIdx.x % across;
  Slice<BM, BK, threads, A_ROWS, float> slice_a;
  Slice<BN, BK, threads, B_ROWS, T> slice_b;

  for (int chain = 0; chain < chain_count; chain++) {
    const int first = chains ? chains[2 * chain] : 0, end = chains ? chains[2 * chain + 1] : k;
    float sum[TM][TN] = {};
    slice_a.fetch(a, a_stride, rows, row0, m, first, end, a_aligned);
    slice_b.fetch(b, b_stride, rows, column0, n, first, end, b_aligned);
    slice_a.put(panel_a[0]);
    slice_b.put(panel_b[0]);
    __syncthreads();
    int slot = 0;
    for (int k0 = first; k0 < end; k0 += BK) {
      const bool has_more = k0 + BK < end;
      if (has_more) {
        slice_a.fetch(a, a_stride, rows, row0, m, k0 + BK, end, a_aligned);
        slice_b.fetch(b, b_stride, rows, column0, n, k0 + BK, end, b_aligned);
      }
      if (k0 + BK <= end) {
#pragma unroll
        for (int kk = 0; kk < BK; kk++)
          rank_one<BM, BN, BK, TM, TN>(panel_a[slot], panel_b[slot], kk, ty, tx, sum);
      } else {
        // A chain ends where it ends: even a zero more could turn -0 into 0.
#pragma unroll 1
        for (int kk = 0; kk < end - k0; kk++)
          rank_one<BM, BN, BK, TM, TN>(panel_a[slot], panel_b[slot], kk, ty, tx, sum);
      }
      if (has_more) {
        slice_a.put(panel_a[slot ^ 1]);
        slice_b.put(panel_b[slot ^ 1]);
      }
      __syncthreads();
      slot ^= 1;
    }
#pragma unroll
    for (int i = 0; i < TM; i++)
#pragma unroll
      for (int j = 0; j < TN; j++) {
        int row = row0 + i / 4 * 4 * down + ty * 4 + i % 4, column = column0 + j / 4 * 4 * across + tx * 4 + j % 4;
        if (row >= m || column >= n) continue;
        float *out = y + (long long)row * n + column;
        *out = mode == ADD ? *out + sum[i][j] : bias ? sum[i][j] + bias[column] : sum[i][j];
      }
  }
}

#define TILES(KERNEL) \
  KERNEL(wide, 128, 128, 16, 8, 8) \
  KERNEL(medium, 64, 64, 16, 4, 4)

/// y = x w^T + b: x [m, k], w [n, k].
#define FORWARD(T, NAME, BM, BN, BK, TM, TN) \
  KERNEL void __launch_bounds__((BM / TM) * (BN / TN)) NAME( \
    int m, int n, int k, const float *x, int x_aligned, const T *w, int w_aligned, const float *bias, float *y) { \
    product<BM, BN, BK, TM, TN, true, true, T>( \
      m, n, k, x, k, x_aligned, w, k, w_aligned, nullptr, nullptr, 1, bias, y, ASSIGN); \
  }

/// dx = or += dy w: dy [m, k], w [k, n].
#define BACKWARD_INPUT(T, NAME, BM, BN, BK, TM, TN) \
  KERNEL void __launch_bounds__((BM / TM) * (BN / TN)) NAME( \
    int m, int n, int k, const float *dy, int dy_aligned, const T *w, int w_aligned, float *dx, int mode) { \
    product<BM, BN, BK, TM, TN, true, false, T>( \
      m, n, k, dy, k, dy_aligned, w, n, w_aligned, nullptr, nullptr, 1, nullptr, dx, mode); \
  }

/// dw += dy^T x for each chain of rows in turn: dy [rows, m], x [rows, n].
#define BACKWARD_WEIGHT(NAME, BM, BN, BK, TM, TN) \
  KERNEL void __launch_bounds__((BM / TM) * (BN / TN)) NAME( \
    int m, int n, const float *dy, int dy_aligned, const float *x, int x_aligned, const int *rows, const int *chains, \
    int chain_count, float *dw) { \
    product<BM, BN, BK, TM, TN, false, false, float>( \
      m, n, 0, dy, m, dy_aligned, x, n, x_aligned, rows, chains, chain_count, nullptr, dw, ADD); \
  }

#define OF_EACH_TYPE(SIZE, ...) \
  FORWARD(float, linear_##SIZE, __VA_ARGS__) \
  FORWARD(half_bits, linear_half_##SIZE, __VA_ARGS__) \
  BACKWARD_INPUT(float, linear_input_##SIZE, __VA_ARGS__) \
  BACKWARD_INPUT(half_bits, linear_input_half_##SIZE, __VA_ARGS__) \
  BACKWARD_WEIGHT(linear_weight_##SIZE, __VA_ARGS__)

TILES(OF_EACH_TYPE)

#define FEW_ROWS 16
#define FEW_COLUMNS 32
#define FEW_DEPTH 64
#define FEW_THREADS 128

/// Rows of a slice as they lie: four numbers of k at a time.
template <int SIZE, class T>
struct RowSlice {
  static constexpr int across = FEW_DEPTH / 4, loads = SIZE * across / FEW_THREADS;
  float next[loads][4];

  __device__ inline void fetch(const T *base, int first, int rows, int k0, int k, bool aligned) {
#pragma unroll
    for (int i = 0; i < loads; i++) {
      int at = threadIdx.x + i * FEW_THREADS, row = first + at / across, column = k0 + at % across * 4;
      next[i][0] = next[i][1] = next[i][2] = next[i][3] = 0;
      if (row >= rows || column >= k) continue;
      const T *p = base + (long long)row * k + column;
      if (aligned && k - column >= 4) {
        read_four(p, next[i]);
      } else {
        for (int j = 0; j < 4; j++)
          if (j < k - column) next[i][j] = wide(p[j]);
      }
    }
  }
  __device__ inline void put(float (*panel)[FEW_DEPTH + 4]) const {
#pragma unroll
    for (int i = 0; i < loads; i++) {
      int at = threadIdx.x + i * FEW_THREADS;
      *(float4 *)&panel[at / across][at % across * 4] =
        make_float4(next[i][0], next[i][1], next[i][2], next[i][3]);
    }
  }
};

/// y = x w^T + b of few rows: bound by how fast the weights come, so a deep slice of them is always on its way. A thread
/// makes two rows of two columns, four steps of k at a time.
template <class T>
__device__ inline void few_rows(int m, int n, int k, const float *x, bool x_aligned, const T *w, bool w_aligned,
                                const float *bias, float *y) {
  __shared__ float a[FEW_ROWS][FEW_DEPTH + 4], b[FEW_COLUMNS][FEW_DEPTH + 4];
  const int row0 = blockIdx.y * FEW_ROWS, column0 = blockIdx.x * FEW_COLUMNS;
  const int ty = threadIdx.x / 16 * 2, tx = threadIdx.x % 16;
  RowSlice<FEW_ROWS, float> slice_a;
  RowSlice<FEW_COLUMNS, T> slice_b;
  float sum[2][2] = {};
  slice_a.fetch(x, row0, m, 0, k, x_aligned);
  slice_b.fetch(w, column0, n, 0, k, w_aligned);
  for (int k0 = 0; k0 < k; k0 += FEW_DEPTH) {
    slice_a.put(a);
    slice_b.put(b);
    __syncthreads();
    if (k0 + FEW_DEPTH < k) {
      slice_a.fetch(x, row0, m, k0 + FEW_DEPTH, k, x_aligned);
      slice_b.fetch(w, column0, n, k0 + FEW_DEPTH, k, w_aligned);
    }
    const int depth = k - k0 < FEW_DEPTH ? k - k0 : FEW_DEPTH, whole = depth / 4 * 4;
#pragma unroll 4
    for (int kk = 0; kk < whole; kk += 4) {
      float u[2][4], v[2][4];
      for (int i = 0; i < 2; i++) read_four(&a[ty + i][kk], u[i]);
      for (int j = 0; j < 2; j++) read_four(&b[tx + j * 16][kk], v[j]);
      for (int step = 0; step < 4; step++)
        for (int i = 0; i < 2; i++)
          for (int j = 0; j < 2; j++) sum[i][j] = __fmaf_rn(u[i][step], v[j][step], sum[i][j]);
    }
    for (int kk = whole; kk < depth; kk++)
      for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) sum[i][j] = __fmaf_rn(a[ty + i][kk], b[tx + j * 16][kk], sum[i][j]);
    __syncthreads();
  }
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 2; j++) {
      int row = row0 + ty + i, column = column0 + tx + j * 16;
      if (row < m && column < n) y[(long long)row * n + column] = bias ? sum[i][j] + bias[column] : sum[i][j];
    }
}

#define FEW(T, NAME) \
  KERNEL void __launch_bounds__(FEW_THREADS) NAME( \
    int m, int n, int k, const float *x, int x_aligned, const T *w, int w_aligned, const float *bias, float *y) { \
    few_rows<T>(m, n, k, x, x_aligned, w, w_aligned, bias, y); \
  }
FEW(float, linear_few)
FEW(half_bits, linear_half_few)

/// db[c] += the chain of dy[r, c] over each chain of rows in turn. One column a thread.
KERNEL void column_sums(int width, const float *dy, const int *rows, const int *chains, int chain_count,
                                       float *db) {
  int c = (int)thread_number();
  if (c >= width) return;
  float total = db[c];
  for (int chain = 0; chain < chain_count; chain++) {
    float sum = 0;
    for (int i = chains[2 * chain]; i < chains[2 * chain + 1]; i++) sum += dy[(long long)rows[i] * width + c];
    total += sum;
  }
  db[c] = total;
}
