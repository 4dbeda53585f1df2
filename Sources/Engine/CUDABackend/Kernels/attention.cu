// Attention over a packed forest, as `CPUBackend+Attention` and its backward define it.
//
// A block of 256 threads takes one item after another: 16 rows against any number of columns. Rows are queries of some
// heads that share their keys (or, for the gradients of keys and values, keys); the products [16, columns] lie in a
// scratch of the block, two of them, and are combined with the columns' vectors. Sixteen threads are a row's lanes.

#define ROWS 16
#define COLUMNS 64
/// Numbers of a head that are in shared memory at once.
#define WIDE 128

struct AttentionShared {
  __align__(16) float few[ROWS][WIDE + 4];
  __align__(16) float many[COLUMNS][WIDE + 4];
  float lanes[ROW_BLOCK];
  int rows[COLUMNS];
};

/// Part of some rows into shared memory: columns [c0, c0 + width) of from(r) for r below `count`.
template <int TALL, class From>
__device__ inline void load_tile(float (*tile)[WIDE + 4], int count, int c0, int width, bool in_fours, From from) {
  if (in_fours) {
#pragma unroll
    for (int i = 0; i < TALL * WIDE / 4 / ROW_BLOCK; i++) {
      int at = threadIdx.x + i * ROW_BLOCK, row = at / (WIDE / 4), c = at % (WIDE / 4) * 4;
      if (row < count && c < width) *(float4 *)&tile[row][c] = *(const float4 *)(from(row) + c0 + c);
    }
  } else {
    for (int at = threadIdx.x; at < TALL * WIDE; at += ROW_BLOCK) {
      int row = at / WIDE, c = at % WIDE;
      if (row < count && c < width) tile[row][c] = from(row)[c0 + c];
    }
  }
}

/// out[i, j] = the chain over the head of a(i) b(j); `b_row` numbers the rows of b.
template <class A, class Row>
__device__ inline void head_products(AttentionShared &shared, int m, int n, int size, bool in_fours, A a, const float *b,
                                     long long b_width, Row b_row, float *out, int stride) {
  const int i = threadIdx.x / LANES, lane = threadIdx.x % LANES;
  for (int n0 = 0; n0 < n; n0 += COLUMNS) {
    const int count = n - n0 < COLUMNS ? n - n0 : COLUMNS;
    float sum[COLUMNS / LANES] = {};
    for (int d0 = 0; d0 < size; d0 += WIDE) {
      const int depth = size - d0 < WIDE ? size - d0 : WIDE, whole = depth / 4 * 4;
      __syncthreads();
      if ((int)threadIdx.x < count) shared.rows[threadIdx.x] = b_row(n0 + threadIdx.x);
      if (n0 == 0 || size > WIDE) load_tile<ROWS>(shared.few, m, d0, depth, in_fours, a);
      __syncthreads();
      load_tile<COLUMNS>(
        shared.many, count, d0, depth, in_fours, [&](int r) { return b + shared.rows[r] * b_width; });
      __syncthreads();
#pragma unroll 4
      for (int d = 0; d < whole; d += 4) {
        float u[4], v[COLUMNS / LANES][4];
        read_four(&shared.few[i][d], u);
        for (int c = 0; c < COLUMNS / LANES; c++) read_four(&shared.many[lane + c * LANES][d], v[c]);
        for (int step = 0; step < 4; step++)
          for (int c = 0; c < COLUMNS / LANES; c++) sum[c] = __fmaf_rn(u[step], v[c][step], sum[c]);
      }
      for (int d = whole; d < depth; d++)
        for (int c = 0; c < COLUMNS / LANES; c++)
          sum[c] = __fmaf_rn(shared.few[i][d], shared.many[lane + c * LANES][d], sum[c]);
    }
    for (int c = 0; c < COLUMNS / LANES; c++) {
      int j = n0 + lane + c * LANES;
      if (i < m && j < n) out[(long long)i * stride + j] = sum[c];
    }
  }
  __syncthreads();
}

/// put(i, c, the chain over j of weights[i, j] b(j)[c]); `b_row` numbers the rows of b.
template <class Row, class Put>
__device__ inline void head_combination(AttentionShared &shared, int m, int n, int size, bool in_fours,
                                        const float *weights, int stride, const float *b, long long b_width, Row b_row,
                                        Put put) {
  constexpr int fours = WIDE / 4 / LANES;
  const int i = threadIdx.x / LANES, lane = threadIdx.x % LANES;
  for (int c0 = 0; c0 < size; c0 += WIDE) {
    const int width = size - c0 < WIDE ? size - c0 : WIDE;
    float sum[fours][4] = {};
    for (int j0 = 0; j0 < n; j0 += COLUMNS) {
      const int count = n - j0 < COLUMNS ? n - j0 : COLUMNS;
      __syncthreads();
      if ((int)threadIdx.x < count) shared.rows[threadIdx.x] = b_row(j0 + threadIdx.x);
      for (int at = threadIdx.x; at < ROWS * COLUMNS; at += ROW_BLOCK) {
        int row = at / COLUMNS, j = at % COLUMNS;
        if (row < m && j < count) shared.few[row][j] = weights[(long long)row * stride + j0 + j];
      }
      __syncthreads();
      load_tile<COLUMNS>(
        shared.many, count, c0, width, in_fours, [&](int r) { return b + shared.rows[r] * b_width; });
      __syncthreads();
#pragma unroll 4
      for (int j = 0; j < count; j++) {
        const float weight = shared.few[i][j];
        for (int f = 0; f < fours; f++) {
          float v[4];
          read_four(&shared.many[j][(lane + f * LANES) * 4], v);
          for (int c = 0; c < 4; c++) sum[f][c] = __fmaf_rn(weight, v[c], sum[f][c]);
        }
      }
    }
    for (int f = 0; f < fours; f++)
      for (int c = 0; c < 4; c++) {
        int column = (lane + f * LANES) * 4 + c;
        if (i < m && column < width) put(i, c0 + column, sum[f][c]);
      }
  }
  __syncthreads();
}

/// Numbers of one launch: heads, `set` of which (of a key-value head) are rows of an item.
struct AttentionPlan {
  int items, heads, key_value_heads, size, set, stride, in_fours;
  float scale;
};
#define PLAN int items, int heads, int key_value_heads, int size, int set, int stride, int in_fours, float scale
#define PLANNED {items, heads, key_value_heads, size, set, stride, in_fours, scale}

/// The rows of an item: some queries of one block, each with the heads of a set; and the keys they see, by segments.
struct QueryItem {
  int first, rows, heads, head, group_head, visible, is_causal, segment_count;
  const int *segments;

  /// entry: first query row, their number, keys seen by the first, whether causal, first segment, their number.
  __device__ QueryItem(const AttentionPlan &plan, const int *entries, const int *all_segments, int item) {
    const int group = plan.heads / plan.key_value_heads, sets = (group + plan.set - 1) / plan.set;
    const int *entry = entries + 6 * (item / (plan.key_value_heads * sets));
    const int number = item % (plan.key_value_heads * sets), offset = number % sets * plan.set;
    group_head = number / sets;
    head = group_head * group + offset;
    heads = group - offset < plan.set ? group - offset : plan.set;
    first = entry[0], visible = entry[2], is_causal = entry[3], segment_count = entry[5];
    rows = entry[1] * heads;
    segments = all_segments + 2 * entry[4];
  }
  __device__ inline int query(int i) const { return first + i / heads; }
  __device__ inline int head_of(int i) const { return head + i % heads; }
  /// Keys that row i sees; 0 where there is no such row.
  __device__ inline int own(int i) const { return i < rows ? visible + (is_causal ? i / heads : 0) : 0; }
  __device__ inline int most() const { return own(rows - 1); }
  __device__ inline int key(int j) const {
    for (int s = 0; s < segment_count; s++) {
      if (j < segments[2 * s + 1]) return segments[2 * s] + j;
      j -= segments[2 * s + 1];
    }
    return 0;
  }
};

KERNEL void __launch_bounds__(ROW_BLOCK, 2) attention(
  PLAN, const int *entries, const int *segments, const float *q, const float *k, const float *v, float *o,
  float *lse, float *scratch) {
  const AttentionPlan plan = PLANNED;
  __shared__ AttentionShared shared;
  const long long width = plan.heads * plan.size, narrow = plan.key_value_heads * plan.size;
  float *weights = scratch + (long long)blockIdx.x * ROWS * plan.stride;
  const int i = threadIdx.x / LANES, lane = threadIdx.x % LANES;
  for (int item = blockIdx.x; item < plan.items; item += gridDim.x) {
    const QueryItem at(plan, entries, segments, item);
    const int most = at.most(), own = at.own(i);
    auto key = [&](int j) { return at.key(j); };
    head_products(
      shared, at.rows, most, plan.size, plan.in_fours,
      [&](int r) { return q + at.query(r) * width + at.head_of(r) * plan.size; }, k + at.group_head * plan.size, narrow,
      key, weights, plan.stride);
    float *line = weights + (long long)i * plan.stride, highest = -INFINITE, sum = 0;
    for (int j = lane; j < padded(own); j += LANES) {
      float s = (j < own ? line[j] : -INFINITE) * plan.scale;
      if (j < own) line[j] = s;
      highest = raised(highest, s);
    }
    highest = lane_highest(shared.lanes, highest);
    for (int j = lane; j < padded(own); j += LANES) {
      float p = canonical_exp((j < own ? line[j] : -INFINITE) - highest);
      if (j < own) line[j] = p;
      sum += p;
    }
    sum = lane_sum(shared.lanes, sum);
    if (i < at.rows) {
      for (int j = own + lane; j < most; j += LANES) line[j] = 0;
      if (lane == 0)
        lse[(long long)at.query(i) * plan.heads + at.head_of(i)] = highest + (float)canonical_log((double)sum);
    }
    const float inverse = __fdiv_rn(1.0f, sum);
    head_combination(
      shared, at.rows, most, plan.size, plan.in_fours, weights, plan.stride, v + at.group_head * plan.size, narrow, key,
      [&](int r, int c, float sum) { o[at.query(r) * width + at.head_of(r) * plan.size + c] = sum * inverse; });
  }
}

/// D[row, head] = dO . O in lanes. Sixteen threads a row and head.
KERNEL void attention_dots(int rows, int size, const float *d_output, const float *o, float *dots) {
  __shared__ float lanes[ROW_BLOCK];
  RowPlace at(rows);
  const long long base = (long long)at.row * size;
  float sum = 0;
  for (int i = at.lane; i < padded(size); i += LANES)
    sum = i < size ? __fmaf_rn(d_output[base + i], o[base + i], sum) : __fmaf_rn(0.0f, 0.0f, sum);
  sum = lane_sum(lanes, sum);
  if (at.is_there && at.lane == 0) dots[at.row] = sum;
}

/// dq = the sum over keys of ds k, ds = p (dp - D) scale.
KERNEL void __launch_bounds__(ROW_BLOCK, 2) attention_queries(
  PLAN, const int *entries, const int *segments, const float *q, const float *k, const float *v,
  const float *d_output, const float *lse, const float *dots, float *dq, float *scratch) {
  const AttentionPlan plan = PLANNED;
  __shared__ AttentionShared shared;
  const long long width = plan.heads * plan.size, narrow = plan.key_value_heads * plan.size;
  float *p = scratch + 2ll * blockIdx.x * ROWS * plan.stride, *dp = p + (long long)ROWS * plan.stride;
  const int i = threadIdx.x / LANES, lane = threadIdx.x % LANES;
  for (int item = blockIdx.x; item < plan.items; item += gridDim.x) {
    const QueryItem at(plan, entries, segments, item);
    const int most = at.most(), own = at.own(i);
    auto key = [&](int j) { return at.key(j); };
    head_products(
      shared, at.rows, most, plan.size, plan.in_fours,
      [&](int r) { return q + at.query(r) * width + at.head_of(r) * plan.size; }, k + at.group_head * plan.size, narrow,
      key, p, plan.stride);
    head_products(
      shared, at.rows, most, plan.size, plan.in_fours,
      [&](int r) { return d_output + at.query(r) * width + at.head_of(r) * plan.size; },
      v + at.group_head * plan.size, narrow, key, dp, plan.stride);
    if (i < at.rows) {
      const long long place = (long long)at.query(i) * plan.heads + at.head_of(i), line = (long long)i * plan.stride;
      const float l = lse[place], dot = dots[place];
      for (int j = lane; j < most; j += LANES)
        p[line + j] =
          j < own ? canonical_exp(p[line + j] * plan.scale - l) * (dp[line + j] - dot) * plan.scale : 0;
    }
    head_combination(
      shared, at.rows, most, plan.size, plan.in_fours, p, plan.stride, k + at.group_head * plan.size, narrow, key,
      [&](int r, int c, float sum) { dq[at.query(r) * width + at.head_of(r) * plan.size + c] = sum; });
  }
}

/// dk += the sum over queries of ds q, dv += that of p dO: per view (a block that sees these keys) and head, in order.
/// entry: first key row, number of keys, first view, number of views. view: first query row, their number, keys seen by
/// the first, whether causal, number of the first key in the block's order.
KERNEL void __launch_bounds__(ROW_BLOCK, 2) attention_keys(
  PLAN, const int *entries, const int *views, const float *q, const float *k, const float *v,
  const float *d_output, const float *lse, const float *dots, float *dk, float *dv, float *scratch) {
  const AttentionPlan plan = PLANNED;
  __shared__ AttentionShared shared;
  const int group = plan.heads / plan.key_value_heads;
  const long long width = plan.heads * plan.size, narrow = plan.key_value_heads * plan.size;
  float *p = scratch + 2ll * blockIdx.x * ROWS * plan.stride, *ds = p + (long long)ROWS * plan.stride;
  const int i = threadIdx.x / LANES, lane = threadIdx.x % LANES;
  for (int item = blockIdx.x; item < plan.items; item += gridDim.x) {
    const int *entry = entries + 4 * (item / plan.key_value_heads);
    const int group_head = item % plan.key_value_heads, first_row = entry[0], count = entry[1];
    for (int number = 0; number < entry[3]; number++) {
      const int *view = views + 5 * (entry[2] + number);
      const int visible = view[2], is_causal = view[3], first_key = view[4];
      // Queries that see none of these keys would add zeros to every chain.
      int start = visible > first_key ? 0 : is_causal ? first_key + 1 - visible : view[1];
      if (start >= view[1]) continue;
      const int first = view[0] + start, queries = view[1] - start;
      for (int head = group_head * group; head < (group_head + 1) * group; head++) {
        const float *query = q + head * plan.size, *gradient = d_output + head * plan.size;
        auto row = [&](int j) { return first + j; };
        const long long place = group_head * plan.size;
        head_products(
          shared, count, queries, plan.size, plan.in_fours,
          [&](int r) { return k + (first_row + r) * narrow + place; }, query, width, row, p, plan.stride);
        head_products(
          shared, count, queries, plan.size, plan.in_fours,
          [&](int r) { return v + (first_row + r) * narrow + place; }, gradient, width, row, ds, plan.stride);
        if (i < count)
          for (int j = lane; j < queries; j += LANES) {
            const long long line = (long long)i * plan.stride + j, row = (long long)(first + j) * plan.heads + head;
            const bool sees = visible + (is_causal ? start + j : 0) > first_key + i;
            const float share = canonical_exp(p[line] * plan.scale - lse[row]);
            ds[line] = sees ? share * (ds[line] - dots[row]) * plan.scale : 0;
            p[line] = sees ? share : 0;
          }
        head_combination(
          shared, count, queries, plan.size, plan.in_fours, p, plan.stride, gradient, width, row,
          [&](int r, int c, float sum) {
            float *out = dv + (first_row + r) * narrow + place + c;
            *out = *out + sum;
          });
        head_combination(
          shared, count, queries, plan.size, plan.in_fours, ds, plan.stride, query, width, row,
          [&](int r, int c, float sum) {
            float *out = dk + (first_row + r) * narrow + place + c;
            *out = *out + sum;
          });
      }
    }
  }
}
