// Attention over a packed forest, as `CPUBackend+Attention` and its backward define it.
//
// A block of 256 threads takes one item after another: 16 rows against any number of columns. Rows are queries of some
// heads that share their keys (or, for the gradients of keys and values, keys); the products [16, columns] lie in a
// scratch of the block, two of them, and are combined with the columns' vectors. Sixteen threads are a row's lanes.

#define ROWS 16
#define COLUMNS 64
#define DEPTH 32

struct AttentionShared {
  float few[ROWS][COLUMNS + 1], many[COLUMNS][COLUMNS + 1], lanes[ROW_BLOCK];
};

/// out[i, j] = the chain over the head of a(i) b(j).
template <class A, class B>
__device__ inline void head_products(AttentionShared &shared, int m, int n, int size, A a, B b, float *out, int stride) {
  const int i = threadIdx.x / LANES, lane = threadIdx.x % LANES;
  for (int n0 = 0; n0 < n; n0 += COLUMNS) {
    float sum[COLUMNS / LANES] = {};
    for (int d0 = 0; d0 < size; d0 += DEPTH) {
      const int depth = size - d0 < DEPTH ? size - d0 : DEPTH;
      __syncthreads();
      for (int at = threadIdx.x; at < ROWS * DEPTH; at += ROW_BLOCK) {
        int row = at / DEPTH, d = at % DEPTH;
        shared.few[row][d] = row < m && d < depth ? a(row)[d0 + d] : 0;
      }
      for (int at = threadIdx.x; at < COLUMNS * DEPTH; at += ROW_BLOCK) {
        int column = at / DEPTH, d = at % DEPTH;
        shared.many[column][d] = n0 + column < n && d < depth ? b(n0 + column)[d0 + d] : 0;
      }
      __syncthreads();
      for (int d = 0; d < depth; d++)
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

/// put(i, c, the chain over j of weights[i, j] b(j)[c]).
template <class B, class Put>
__device__ inline void head_combination(AttentionShared &shared, int m, int n, int size, const float *weights,
                                        int stride, B b, Put put) {
  const int i = threadIdx.x / LANES, lane = threadIdx.x % LANES;
  for (int c0 = 0; c0 < size; c0 += COLUMNS) {
    float sum[COLUMNS / LANES] = {};
    for (int j0 = 0; j0 < n; j0 += COLUMNS) {
      const int count = n - j0 < COLUMNS ? n - j0 : COLUMNS;
      __syncthreads();
      for (int at = threadIdx.x; at < ROWS * COLUMNS; at += ROW_BLOCK) {
        int row = at / COLUMNS, j = at % COLUMNS;
        shared.few[row][j] = row < m && j < count ? weights[(long long)row * stride + j0 + j] : 0;
      }
      for (int at = threadIdx.x; at < COLUMNS * COLUMNS; at += ROW_BLOCK) {
        int j = at / COLUMNS, c = at % COLUMNS;
        shared.many[j][c] = j < count && c0 + c < size ? b(j0 + j)[c0 + c] : 0;
      }
      __syncthreads();
      for (int j = 0; j < count; j++)
        for (int c = 0; c < COLUMNS / LANES; c++)
          sum[c] = __fmaf_rn(shared.few[i][j], shared.many[j][lane + c * LANES], sum[c]);
    }
    for (int c = 0; c < COLUMNS / LANES; c++) {
      int column = c0 + lane + c * LANES;
      if (i < m && column < size) put(i, column, sum[c]);
    }
  }
  __syncthreads();
}

/// Numbers of one launch: heads, `set` of which (of a key-value head) are rows of an item.
struct AttentionPlan {
  int items, heads, key_value_heads, size, set, stride;
  float scale;
};
#define PLAN int items, int heads, int key_value_heads, int size, int set, int stride, float scale
#define PLANNED {items, heads, key_value_heads, size, set, stride, scale}

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

KERNEL void __launch_bounds__(ROW_BLOCK) attention(
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
    head_products(
      shared, at.rows, most, plan.size,
      [&](int r) { return q + at.query(r) * width + at.head_of(r) * plan.size; },
      [&](int j) { return k + at.key(j) * narrow + at.group_head * plan.size; }, weights, plan.stride);
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
      shared, at.rows, most, plan.size, weights, plan.stride,
      [&](int j) { return v + at.key(j) * narrow + at.group_head * plan.size; },
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
KERNEL void __launch_bounds__(ROW_BLOCK) attention_queries(
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
    auto key = [&](int j) { return k + at.key(j) * narrow + at.group_head * plan.size; };
    head_products(
      shared, at.rows, most, plan.size,
      [&](int r) { return q + at.query(r) * width + at.head_of(r) * plan.size; }, key, p, plan.stride);
    head_products(
      shared, at.rows, most, plan.size,
      [&](int r) { return d_output + at.query(r) * width + at.head_of(r) * plan.size; },
      [&](int j) { return v + at.key(j) * narrow + at.group_head * plan.size; }, dp, plan.stride);
    if (i < at.rows) {
      const long long place = (long long)at.query(i) * plan.heads + at.head_of(i), line = (long long)i * plan.stride;
      const float l = lse[place], dot = dots[place];
      for (int j = lane; j < most; j += LANES)
        p[line + j] =
          j < own ? canonical_exp(p[line + j] * plan.scale - l) * (dp[line + j] - dot) * plan.scale : 0;
    }
    head_combination(
      shared, at.rows, most, plan.size, p, plan.stride, key,
      [&](int r, int c, float sum) { dq[at.query(r) * width + at.head_of(r) * plan.size + c] = sum; });
  }
}

/// dk += the sum over queries of ds q, dv += that of p dO: per view (a block that sees these keys) and head, in order.
/// entry: first key row, number of keys, first view, number of views. view: first query row, their number, keys seen by
/// the first, whether causal, number of the first key in the block's order.
KERNEL void __launch_bounds__(ROW_BLOCK) attention_keys(
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
        auto query = [&](int j) { return q + (first + j) * width + head * plan.size; };
        auto gradient = [&](int j) { return d_output + (first + j) * width + head * plan.size; };
        const long long place = group_head * plan.size;
        head_products(
          shared, count, queries, plan.size, [&](int r) { return k + (first_row + r) * narrow + place; }, query, p,
          plan.stride);
        head_products(
          shared, count, queries, plan.size, [&](int r) { return v + (first_row + r) * narrow + place; }, gradient, ds,
          plan.stride);
        if (i < count)
          for (int j = lane; j < queries; j += LANES) {
            const long long line = (long long)i * plan.stride + j, row = (long long)(first + j) * plan.heads + head;
            const bool sees = visible + (is_causal ? start + j : 0) > first_key + i;
            const float weight = canonical_exp(p[line] * plan.scale - lse[row]);
            ds[line] = sees ? weight * (ds[line] - dots[row]) * plan.scale : 0;
            p[line] = sees ? weight : 0;
          }
        head_combination(
          shared, count, queries, plan.size, p, plan.stride, gradient, [&](int r, int c, float sum) {
            float *out = dv + (first_row + r) * narrow + place + c;
            *out = *out + sum;
          });
        head_combination(
          shared, count, queries, plan.size, ds, plan.stride, query, [&](int r, int c, float sum) {
            float *out = dk + (first_row + r) * narrow + place + c;
            *out = *out + sum;
          });
      }
    }
  }
}
