// Matrix products: every element one chain of fused multiply-adds in rising k, whatever the tiles.
//
// A block of threads makes BM x BN elements, a thread TM x TN of them; the next slice of k is on its way while one is
// used. An operand's lanes are rows of the output (a) or its columns (b). Where its rows are lanes, k runs along a row;
// where its columns are, k counts rows, through `rows` if there is such a list.

/// What happens to a finished chain.
enum { ASSIGN = 0, ADD = 1 };

#ifndef EMULATED
/// Copies sixteen bytes into shared memory, later; zeros where they are not `there`. Then `is` only has to be an address.
__device__ inline void copy_later(void *shared, const void *is, bool there) {
  unsigned at = (unsigned)__cvta_generic_to_shared(shared);
  int bytes = there ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(is), "r"(bytes) : "memory");
}
/// What was asked until here is one group; and all groups are there but the last few.
__device__ inline void end_group() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int last>
__device__ inline void await_groups() { asm volatile("cp.async.wait_group %0;" ::"n"(last) : "memory"); }
#endif

/// A slice of an operand in shared memory, BK deep and SIZE lanes wide, as it lies: k along a lane's row, or lanes along
/// a row of k. A thread uses COUNT lanes, those of its `place`. ALIGNED: the operand's rows begin on boundaries of
/// sixteen bytes, and hold whole pieces of as many.
template <int SIZE, int COUNT, int BK, int THREADS, bool ALIGNED, bool ROW_LANES, class T>
struct Panel {
  static constexpr int each = 16 / sizeof(T), length = ROW_LANES ? BK : SIZE, stride = length + each;
  static constexpr int pieces = SIZE * BK / each, across = length / each, places = SIZE / COUNT;
  T numbers[(ROW_LANES ? SIZE : BK) * stride];

  __device__ inline void copy(const T *base, long long width, const int *rows, int first, int lanes, int k0, int end) {
#pragma unroll
    for (int i = 0; i < (pieces + THREADS - 1) / THREADS; i++) {
      int at = threadIdx.x + i * THREADS, row = at / across, column = at % across * each;
      if (pieces % THREADS != 0 && at >= pieces) break;
      int lane = first + (ROW_LANES ? row : column), k = k0 + (ROW_LANES ? column : row);
      bool there = lane < lanes && k < end;
      const T *from = base;
      T *to = &numbers[row * stride + column];
      if (there) from += ROW_LANES ? lane * width + k : (long long)(rows ? rows[k] : k) * width + lane;
      if (ALIGNED) {
        copy_later(to, from, there);
      } else {
        int left = there ? ROW_LANES ? end - k : lanes - lane : 0;
        for (int j = 0; j < each; j++) to[j] = j < left ? from[j] : 0;
      }
    }
  }

  /// Number i of a thread's lanes.
  static __device__ inline int lane(int place, int i) {
    return ROW_LANES ? place + i * places : i / 4 * 4 * places + place * 4 + i % 4;
  }

  /// Four steps of k of N of a thread's lanes, from number `i` on.
  template <int N>
  __device__ inline void read(int place, int i, int kk, float (*v)[N]) const {
    if (ROW_LANES) {
#pragma unroll
      for (int l = 0; l < N; l++) {
        float four[4];
        read_four(&numbers[lane(place, i + l) * stride + kk], four);
#pragma unroll
        for (int step = 0; step < 4; step++) v[step][l] = four[step];
      }
    } else {
#pragma unroll
      for (int step = 0; step < 4; step++)
#pragma unroll
        for (int l = 0; l < N; l += 4) read_four(&numbers[(kk + step) * stride + lane(place, i + l)], &v[step][l]);
    }
  }
  __device__ inline float number(int place, int i, int kk) const {
    return wide(ROW_LANES ? numbers[lane(place, i) * stride + kk] : numbers[kk * stride + lane(place, i)]);
  }
};

/// y[m, n], of the chains [chains[2 c], chains[2 c + 1]) of k one after another, or of one chain [0, k).
template <int BM, int BN, int BK, int TM, int TN, bool ALIGNED, bool A_ROWS, bool B_ROWS, class T>
__device__ inline void product(int m, int n, int k, const float *a, long long a_width, const T *b, long long b_width,
                               const int *rows, const int *chains, int chain_count, const float *bias, float *y,
                               int mode) {
  constexpr int threads = (BM / TM) * (BN / TN);
  typedef Panel<BM, TM, BK, threads, ALIGNED, A_ROWS, float> PanelA;
  typedef Panel<BN, TN, BK, threads, ALIGNED, B_ROWS, T> PanelB;
  __shared__ __align__(16) PanelA panel_a[2];
  __shared__ __align__(16) PanelB panel_b[2];
  const int row0 = blockIdx.y * BM, column0 = blockIdx.x * BN;
  const int ty = threadIdx.x / (BN / TN), tx = threadIdx.x % (BN / TN);

  for (int chain = 0; chain < chain_count; chain++) {
    const int first = chains ? chains[2 * chain] : 0, end = chains ? chains[2 * chain + 1] : k;
    float sum[TM][TN] = {};
    auto copy = [&](int slot, int k0) {
      panel_a[slot].copy(a, a_width, rows, row0, m, k0, end);
      panel_b[slot].copy(b, b_width, rows, column0, n, k0, end);
      end_group();
    };
    copy(0, first);
    int slot = 0;
    for (int k0 = first; k0 < end; k0 += BK) {
      if (k0 + BK < end) {
        copy(slot ^ 1, k0 + BK);
        await_groups<1>();
      } else {
        await_groups<0>();
      }
      __syncthreads();
      if (k0 + BK <= end) {
#pragma unroll
        for (int kk = 0; kk < BK; kk += 4) {
          float v[4][TN];
          panel_b[slot].read(tx, 0, kk, v);
          // A few rows at a time, so that two blocks have room for their numbers.
#pragma unroll
          for (int i = 0; i < TM; i += 4) {
            float u[4][4];
            panel_a[slot].read(ty, i, kk, u);
#pragma unroll
            for (int step = 0; step < 4; step++)
#pragma unroll
              for (int l = 0; l < 4; l++)
#pragma unroll
                for (int j = 0; j < TN; j++) sum[i + l][j] = __fmaf_rn(u[step][l], v[step][j], sum[i + l][j]);
          }
        }
      } else {
        // A chain ends where it ends: even a zero more could turn -0 into 0.
#pragma unroll 1
        for (int kk = 0; kk < end - k0; kk++)
#pragma unroll
          for (int i = 0; i < TM; i++)
#pragma unroll
            for (int j = 0; j < TN; j++)
              sum[i][j] = __fmaf_rn(panel_a[slot].number(ty, i, kk), panel_b[slot].number(tx, j, kk), sum[i][j]);
      }
      __syncthreads();
      slot ^= 1;
    }
#pragma unroll
    for (int i = 0; i < TM; i++)
#pragma unroll
      for (int j = 0; j < TN; j++) {
        int row = row0 + PanelA::lane(ty, i), column = column0 + PanelB::lane(tx, j);
        if (row >= m || column >= n) continue;
        float *out = y + (long long)row * n + column;
        *out = mode == ADD ? *out + sum[i][j] : bias ? sum[i][j] + bias[column] : sum[i][j];
      }
  }
}

/// y = x w^T + b: x [m, k], w [n, k].
#define FORWARD(T, ALIGNED, NAME, BLOCKS, BM, BN, BK, TM, TN) \
  KERNEL void __launch_bounds__((BM / TM) * (BN / TN), BLOCKS) NAME( \
    int m, int n, int k, const float *x, const T *w, const float *bias, float *y) { \
    product<BM, BN, BK, TM, TN, ALIGNED, true, true, T>(m, n, k, x, k, w, k, nullptr, nullptr, 1, bias, y, ASSIGN); \
  }

/// dx = or += dy w: dy [m, k], w [k, n].
#define BACKWARD_INPUT(T, ALIGNED, NAME, BLOCKS, BM, BN, BK, TM, TN) \
  KERNEL void __launch_bounds__((BM / TM) * (BN / TN), BLOCKS) NAME( \
    int m, int n, int k, const float *dy, const T *w, float *dx, int mode) { \
    product<BM, BN, BK, TM, TN, ALIGNED, true, false, T>(m, n, k, dy, k, w, n, nullptr, nullptr, 1, nullptr, dx, mode); \
  }

/// dw += dy^T x for each chain of rows in turn: dy [rows, m], x [rows, n].
#define BACKWARD_WEIGHT(ALIGNED, NAME, BLOCKS, BM, BN, BK, TM, TN) \
  KERNEL void __launch_bounds__((BM / TM) * (BN / TN), BLOCKS) NAME( \
    int m, int n, const float *dy, const float *x, const int *rows, const int *chains, int chain_count, float *dw) { \
    product<BM, BN, BK, TM, TN, ALIGNED, false, false, float>( \
      m, n, 0, dy, m, x, n, rows, chains, chain_count, nullptr, dw, ADD); \
  }

#define FORWARD_AND_INPUT(ALIGNED, SIZE, ...) \
  FORWARD(float, ALIGNED, linear_##SIZE, __VA_ARGS__) \
  FORWARD(half_bits, ALIGNED, linear_half_##SIZE, __VA_ARGS__) \
  BACKWARD_INPUT(float, ALIGNED, linear_input_##SIZE, __VA_ARGS__) \
  BACKWARD_INPUT(half_bits, ALIGNED, linear_input_half_##SIZE, __VA_ARGS__)

// Blocks of a multiprocessor that must have room for their registers, and the tiles.
FORWARD_AND_INPUT(true, large, 6, 64, 64, 16, 8, 8)
FORWARD_AND_INPUT(true, medium, 3, 64, 64, 16, 4, 4)
FORWARD_AND_INPUT(false, loose, 2, 64, 64, 16, 4, 4)
BACKWARD_WEIGHT(true, linear_weight_large, 2, 128, 128, 16, 8, 8)
BACKWARD_WEIGHT(true, linear_weight_medium, 3, 64, 64, 16, 4, 4)
BACKWARD_WEIGHT(false, linear_weight_loose, 2, 64, 64, 16, 4, 4)

#define FEW_ROWS 8
#define FEW_COLUMNS 32
#define FEW_DEPTH 64
#define FEW_THREADS 64
#define FEW_SLICES 4

/// y = x w^T + b of few rows: bound by how fast the weights come, so three slices of them are always on their way. A
/// thread makes four rows of one column.
template <class T>
__device__ inline void few_rows(int m, int n, int k, const float *x, const T *w, const float *bias, float *y) {
  typedef Panel<FEW_ROWS, 4, FEW_DEPTH, FEW_THREADS, true, true, float> PanelA;
  typedef Panel<FEW_COLUMNS, 1, FEW_DEPTH, FEW_THREADS, true, true, T> PanelB;
  __shared__ __align__(16) PanelA panel_a[FEW_SLICES];
  __shared__ __align__(16) PanelB panel_b[FEW_SLICES];
  const int row0 = blockIdx.x * FEW_ROWS, column0 = blockIdx.y * FEW_COLUMNS;
  const int ty = threadIdx.x / FEW_COLUMNS, tx = threadIdx.x % FEW_COLUMNS;
  float sum[4] = {};
  auto copy = [&](int slot, int k0) {
    if (k0 < k) {
      panel_a[slot].copy(x, k, nullptr, row0, m, k0, k);
      panel_b[slot].copy(w, k, nullptr, column0, n, k0, k);
    }
    end_group();
  };
  for (int slice = 0; slice < FEW_SLICES - 1; slice++) copy(slice, slice * FEW_DEPTH);
  int slot = 0;
  for (int k0 = 0; k0 < k; k0 += FEW_DEPTH) {
    await_groups<FEW_SLICES - 2>();
    __syncthreads();
    // Into the slice that was used last: all threads are past it.
    copy((slot + FEW_SLICES - 1) % FEW_SLICES, k0 + (FEW_SLICES - 1) * FEW_DEPTH);
    if (k0 + FEW_DEPTH <= k) {
#pragma unroll
      for (int kk = 0; kk < FEW_DEPTH; kk += 4) {
        float u[4][4], v[4][1];
        panel_a[slot].read(ty, 0, kk, u);
        panel_b[slot].read(tx, 0, kk, v);
#pragma unroll
        for (int step = 0; step < 4; step++)
#pragma unroll
          for (int i = 0; i < 4; i++) sum[i] = __fmaf_rn(u[step][i], v[step][0], sum[i]);
      }
    } else {
      for (int kk = 0; kk < k - k0; kk++)
        for (int i = 0; i < 4; i++)
          sum[i] = __fmaf_rn(panel_a[slot].number(ty, i, kk), panel_b[slot].number(tx, 0, kk), sum[i]);
    }
    slot = (slot + 1) % FEW_SLICES;
  }
  for (int i = 0; i < 4; i++) {
    int row = row0 + PanelA::lane(ty, i), column = column0 + tx;
    if (row < m && column < n) y[(long long)row * n + column] = bias ? sum[i] + bias[column] : sum[i];
  }
}

#define FEW(T, NAME) \
  KERNEL void __launch_bounds__(FEW_THREADS) NAME( \
    int m, int n, int k, const float *x, const T *w, const float *bias, float *y) { \
    few_rows<T>(m, n, k, x, w, bias, y); \
  }
FEW(float, linear_few)
FEW(half_bits, linear_half_few)

/// out[c] += per chain of rows, in turn, the sum of term(row, c) in their order. One column a thread.
template <class Term>
__device__ inline void add_chains(int width, const int *rows, const int *chains, int chain_count, float *out,
                                  Term term) {
  int c = (int)thread_number();
  if (c >= width) return;
  float total = out[c];
  for (int chain = 0; chain < chain_count; chain++) {
    float sum = 0;
#pragma unroll 8
    for (int i = chains[2 * chain]; i < chains[2 * chain + 1]; i++) sum += term(rows[i], c);
    total += sum;
  }
  out[c] = total;
}

/// db[c] += per chain the sum of dy.
KERNEL void column_sums(int width, const float *dy, const int *rows, const int *chains, int chain_count, float *db) {
  add_chains(width, rows, chains, chain_count, db, [&](int row, int c) { return dy[(long long)row * width + c]; });
}
