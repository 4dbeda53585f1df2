#include "CKernels.h"
#include "elements.h"
#include <math.h>

ck_instructions ck_best(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) return CK_AVX512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return CK_AVX2;
#endif
  return CK_SCALAR;
}

int ck_has_server_avx512(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
    && __builtin_cpu_supports("avx512vl");
#else
  return 0;
#endif
}

// The plain definition of everything in the header.

static void pack_rows_scalar(ck_matrix x, ptrdiff_t first, ptrdiff_t count, ptrdiff_t k0, ptrdiff_t k, int width,
                             float *panel) {
  for (ptrdiff_t kk = 0; kk < k; kk++)
    for (int lane = 0; lane < width; lane++)
      panel[kk * width + lane] = lane < count ? element(x, first + lane, k0 + kk) : 0;
}

static void tile_scalar(ptrdiff_t k, const float *a, const float *b, float *c, ptrdiff_t stride, int m, int n,
                        ck_mode mode, const float *bias) {
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      float *out = c + i * stride + j;
      float chain = mode == CK_CONTINUE ? *out : 0;
      for (ptrdiff_t kk = 0; kk < k; kk++) chain = fmaf(a[kk * CK_MR + i], b[kk * CK_NR + j], chain);
      *out = mode == CK_ADD ? *out + chain : bias ? chain + bias[j] : chain;
    }
}

// Columns are copied row by row; the compiler's copy is as good as any.
void ck_pack_columns(ck_instructions set, ck_matrix x, ptrdiff_t first, ptrdiff_t count, ptrdiff_t k0, ptrdiff_t k,
                     int width, float *panel) {
  (void)set;
  for (ptrdiff_t kk = 0; kk < k; kk++) {
    ptrdiff_t at = (x.rows ? x.rows[k0 + kk] : k0 + kk) * x.stride + first;
    float *out = panel + kk * width;
    if (kk + 16 < k) {
      ptrdiff_t row = k0 + kk + 16, later = (x.rows ? x.rows[row] : row) * x.stride + first;
      fetch(x, later, 0);
      fetch(x, later, 64);
    }
    if (x.element == CK_FLOAT32) {
      const float *in = (const float *)x.base + at;
      if (count == CK_NR && width == CK_NR) memcpy(out, in, sizeof(float) * CK_NR);
      else if (count == CK_MR && width == CK_MR) memcpy(out, in, sizeof(float) * CK_MR);
      else for (int lane = 0; lane < width; lane++) out[lane] = lane < count ? in[lane] : 0;
    } else {
      const uint16_t *in = (const uint16_t *)x.base + at;
      for (int lane = 0; lane < width; lane++) out[lane] = lane < count ? bfloat16(in[lane]) : 0;
    }
  }
}

#if defined(__x86_64__)
// Lanes go in groups of eight; the last group of a panel of 12 is four wide.
AVX2 static void pack_rows_avx2(ck_matrix x, ptrdiff_t first, ptrdiff_t count, ptrdiff_t k0, ptrdiff_t k, int width,
                                float *panel) {
  ptrdiff_t whole = k & ~(ptrdiff_t)7;
  for (int lane = 0; lane < width; lane += 8) {
    ptrdiff_t at[8];
    int present = 0;
    for (int i = 0; i < 8; i++) {
      if (lane + i < count && lane + i < width) {
        ptrdiff_t row = first + lane + i;
        at[i] = (x.rows ? x.rows[row] : row) * x.stride + k0;
        present++;
      } else at[i] = 0;
    }
    int room = width - lane < 8 ? width - lane : 8;
    for (ptrdiff_t kk = 0; kk < whole; kk += 8) {
      __m256 r[8];
      for (int i = 0; i < 8; i++) r[i] = i < present ? load8(x, at[i] + kk) : _mm256_setzero_ps();
      transpose8(r);
      for (int i = 0; i < 8; i++) {
        float *out = panel + (kk + i) * width + lane;
        if (room == 8) _mm256_storeu_ps(out, r[i]);
        else _mm_storeu_ps(out, _mm256_castps256_ps128(r[i]));
      }
    }
    for (ptrdiff_t kk = whole; kk < k; kk++)
      for (int i = 0; i < room; i++)
        panel[kk * width + lane + i] = i < present ? element(x, first + lane + i, k0 + kk) : 0;
  }
}

// Two passes of 6 x 16 make the 12 x 32 tile in four quarters.
AVX2 static inline __attribute__((always_inline)) void quarter_avx2(
    ptrdiff_t k, const float *a, const float *b, float *c, ptrdiff_t stride, const int m, ck_mode mode,
    const float *bias, __m256i low, __m256i high, int hasHigh) {
  __m256 x[6], y[6];
  for (int i = 0; i < m; i++) {
    x[i] = mode == CK_CONTINUE ? _mm256_maskload_ps(c + i * stride, low) : _mm256_setzero_ps();
    y[i] = mode == CK_CONTINUE && hasHigh ? _mm256_maskload_ps(c + i * stride + 8, high) : _mm256_setzero_ps();
  }
  for (ptrdiff_t kk = 0; kk < k; kk++) {
    __m256 b0 = _mm256_loadu_ps(b + kk * CK_NR), b1 = _mm256_loadu_ps(b + kk * CK_NR + 8);
    for (int i = 0; i < m; i++) {
      __m256 v = _mm256_broadcast_ss(a + kk * CK_MR + i);
      x[i] = _mm256_fmadd_ps(v, b0, x[i]);
      y[i] = _mm256_fmadd_ps(v, b1, y[i]);
    }
  }
  for (int i = 0; i < m; i++) {
    float *out = c + i * stride;
    if (mode == CK_ADD) {
      x[i] = _mm256_add_ps(_mm256_maskload_ps(out, low), x[i]);
      if (hasHigh) y[i] = _mm256_add_ps(_mm256_maskload_ps(out + 8, high), y[i]);
    } else if (bias) {
      x[i] = _mm256_add_ps(x[i], _mm256_maskload_ps(bias, low));
      if (hasHigh) y[i] = _mm256_add_ps(y[i], _mm256_maskload_ps(bias + 8, high));
    }
    _mm256_maskstore_ps(out, low, x[i]);
    if (hasHigh) _mm256_maskstore_ps(out + 8, high, y[i]);
  }
}

AVX2 static inline __m256i mask8(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

AVX2 static void tile_avx2(ptrdiff_t k, const float *a, const float *b, float *c, ptrdiff_t stride, int m, int n,
                           ck_mode mode, const float *bias) {
  for (int j = 0; j < n; j += 16) {
    __m256i low = mask8(n - j), high = mask8(n - j - 8);
    const float *bb = bias ? bias + j : 0;
    for (int i = 0; i < m; i += 6) {
      int rows = m - i < 6 ? m - i : 6;
      const float *aa = a + i, *bj = b + j;
      float *cc = c + i * stride + j;
      int hasHigh = n - j > 8;
      switch (rows) {
        case 1: quarter_avx2(k, aa, bj, cc, stride, 1, mode, bb, low, high, hasHigh); break;
        case 2: quarter_avx2(k, aa, bj, cc, stride, 2, mode, bb, low, high, hasHigh); break;
        case 3: quarter_avx2(k, aa, bj, cc, stride, 3, mode, bb, low, high, hasHigh); break;
        case 4: quarter_avx2(k, aa, bj, cc, stride, 4, mode, bb, low, high, hasHigh); break;
        case 5: quarter_avx2(k, aa, bj, cc, stride, 5, mode, bb, low, high, hasHigh); break;
        default: quarter_avx2(k, aa, bj, cc, stride, 6, mode, bb, low, high, hasHigh); break;
      }
    }
  }
}

AVX512 static void pack_rows_avx512(ck_matrix x, ptrdiff_t first, ptrdiff_t count, ptrdiff_t k0, ptrdiff_t k, int width,
                                    float *panel) {
  ptrdiff_t whole = k & ~(ptrdiff_t)15;
  for (int lane = 0; lane < width; lane += 16) {
    ptrdiff_t at[16];
    int present = 0;
    int room = width - lane < 16 ? width - lane : 16;
    for (int i = 0; i < 16; i++) {
      at[i] = 0;
      if (lane + i < count && i < room) {
        ptrdiff_t row = first + lane + i;
        at[i] = (x.rows ? x.rows[row] : row) * x.stride + k0;
        present++;
      }
    }
    __mmask16 mask = (__mmask16)((1u << room) - 1);
    for (ptrdiff_t kk = 0; kk < whole; kk += 16) {
      __m512 r[16];
      for (int i = 0; i < 16; i++) {
        r[i] = i < present ? load16(x, at[i] + kk) : _mm512_setzero_ps();
        fetch(x, at[i] + kk, fetch_ahead);
      }
      transpose16(r);
      for (int i = 0; i < 16; i++) _mm512_mask_storeu_ps(panel + (kk + i) * width + lane, mask, r[i]);
    }
    for (ptrdiff_t kk = whole; kk < k; kk++)
      for (int i = 0; i < room; i++)
        panel[kk * width + lane + i] = i < present ? element(x, first + lane + i, k0 + kk) : 0;
  }
}

// Some rows broadcast once for both halves, the others by each multiply-add itself: about as few instructions as loads.
AVX512 static inline __attribute__((always_inline)) __m512 fused(const float *a, __m512 b, __m512 sum) {
  __asm__("vfmadd231ps %2%{1to16%}, %1, %0" : "+v"(sum) : "v"(b), "m"(*a));
  return sum;
}

AVX512 static inline __attribute__((always_inline)) void rank_one_avx512(
    const float *a, const float *b, __m512 *x, __m512 *y, const int m) {
  __m512 b0 = _mm512_loadu_ps(b), b1 = _mm512_loadu_ps(b + 16);
  UNROLLED for (int i = 0; i < m; i++) {
    if (i % 2 == 0) {
      x[i] = fused(a + i, b0, x[i]);
      y[i] = fused(a + i, b1, y[i]);
    } else {
      __m512 v = _mm512_set1_ps(a[i]);
      x[i] = _mm512_fmadd_ps(v, b0, x[i]);
      y[i] = _mm512_fmadd_ps(v, b1, y[i]);
    }
  }
}

AVX512 static inline __attribute__((always_inline)) void rows_avx512(
    ptrdiff_t k, const float *a, const float *b, float *c, ptrdiff_t stride, const int m, ck_mode mode,
    const float *bias, __mmask16 low, __mmask16 high) {
  __m512 x[12], y[12];
  if (mode == CK_CONTINUE) {
    UNROLLED for (int i = 0; i < m; i++) {
      x[i] = _mm512_maskz_loadu_ps(low, c + i * stride);
      y[i] = _mm512_maskz_loadu_ps(high, c + i * stride + 16);
    }
  } else {
    UNROLLED for (int i = 0; i < m; i++) x[i] = y[i] = _mm512_setzero_ps();
  }
  ptrdiff_t kk = 0;
  for (; kk + 4 <= k; kk += 4) {
    UNROLLED for (int u = 0; u < 4; u++) rank_one_avx512(a + u * CK_MR, b + u * CK_NR, x, y, m);
    a += 4 * CK_MR;
    b += 4 * CK_NR;
  }
  for (; kk < k; kk++) {
    rank_one_avx512(a, b, x, y, m);
    a += CK_MR;
    b += CK_NR;
  }
  if (mode == CK_ADD) {
    UNROLLED for (int i = 0; i < m; i++) {
      x[i] = _mm512_add_ps(_mm512_maskz_loadu_ps(low, c + i * stride), x[i]);
      y[i] = _mm512_add_ps(_mm512_maskz_loadu_ps(high, c + i * stride + 16), y[i]);
    }
  } else if (bias) {
    __m512 b0 = _mm512_maskz_loadu_ps(low, bias), b1 = _mm512_maskz_loadu_ps(high, bias + 16);
    UNROLLED for (int i = 0; i < m; i++) {
      x[i] = _mm512_add_ps(x[i], b0);
      y[i] = _mm512_add_ps(y[i], b1);
    }
  }
  UNROLLED for (int i = 0; i < m; i++) {
    _mm512_mask_storeu_ps(c + i * stride, low, x[i]);
    _mm512_mask_storeu_ps(c + i * stride + 16, high, y[i]);
  }
}

AVX512 static void tile_avx512(ptrdiff_t k, const float *a, const float *b, float *c, ptrdiff_t stride, int m, int n,
                               ck_mode mode, const float *bias) {
  __mmask16 low = n >= 16 ? 0xFFFF : (__mmask16)((1u << n) - 1);
  __mmask16 high = n >= 32 ? 0xFFFF : n > 16 ? (__mmask16)((1u << (n - 16)) - 1) : 0;
#define ROWS(M) case M: rows_avx512(k, a, b, c, stride, M, mode, bias, low, high); break;
  switch (m) {
    ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) ROWS(7) ROWS(8) ROWS(9) ROWS(10) ROWS(11)
    default: rows_avx512(k, a, b, c, stride, 12, mode, bias, low, high); break;
  }
#undef ROWS
}
#endif

void ck_pack_rows(ck_instructions set, ck_matrix x, ptrdiff_t first, ptrdiff_t count, ptrdiff_t k0, ptrdiff_t k,
                  int width, float *panel) {
#if defined(__x86_64__)
  if (set == CK_AVX512) { pack_rows_avx512(x, first, count, k0, k, width, panel); return; }
  if (set == CK_AVX2) { pack_rows_avx2(x, first, count, k0, k, width, panel); return; }
#endif
  (void)set;
  pack_rows_scalar(x, first, count, k0, k, width, panel);
}

void ck_tile(ck_instructions set, ptrdiff_t k, const float *a, const float *b, float *c, ptrdiff_t stride, int m, int n,
             ck_mode mode, const float *bias) {
#if defined(__x86_64__)
  if (set == CK_AVX512) { tile_avx512(k, a, b, c, stride, m, n, mode, bias); return; }
  if (set == CK_AVX2) { tile_avx2(k, a, b, c, stride, m, n, mode, bias); return; }
#endif
  (void)set;
  tile_scalar(k, a, b, c, stride, m, n, mode, bias);
}
