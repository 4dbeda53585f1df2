// Products of a few rows with a weight as it is stored: squares of it are transposed in registers, so that reading the
// weight once, at the speed of memory, is nearly all there is to do.
#include "elements.h"
#include <math.h>

static void few_scalar(ptrdiff_t k, const float *x, ptrdiff_t x_stride, int m, ck_matrix w, ptrdiff_t first, int n,
                       float *y, ptrdiff_t y_stride, const float *bias) {
  for (int i = 0; i < m; i++)
    for (int j = 0; j < n; j++) {
      float chain = 0;
      for (ptrdiff_t kk = 0; kk < k; kk++) chain = fmaf(x[i * x_stride + kk], element(w, first + j, kk), chain);
      y[i * y_stride + j] = bias ? chain + bias[j] : chain;
    }
}

#if defined(__x86_64__)
AVX512 static inline __attribute__((always_inline)) void rows_avx512(
    ptrdiff_t k, const float *x, ptrdiff_t x_stride, const int m, ck_matrix w, ptrdiff_t first, int n, float *y,
    ptrdiff_t y_stride, const float *bias) {
  __m512 sum[CK_FEW];
  UNROLLED for (int i = 0; i < m; i++) sum[i] = _mm512_setzero_ps();
  ptrdiff_t whole = k & ~(ptrdiff_t)15;
  for (ptrdiff_t kk = 0; kk < k; kk += 16) {
    __m512 r[16];
    if (kk < whole && n == 16) {
      UNROLLED for (int j = 0; j < 16; j++) {
        ptrdiff_t at = (first + j) * w.stride + kk;
        r[j] = load16(w, at);
        fetch(w, at, fetch_ahead);
      }
      transpose16(r);
      UNROLLED for (int u = 0; u < 16; u++)
        UNROLLED for (int i = 0; i < m; i++)
          sum[i] = _mm512_fmadd_ps(_mm512_set1_ps(x[i * x_stride + kk + u]), r[u], sum[i]);
      continue;
    }
    for (ptrdiff_t u = kk; u < kk + 16 && u < k; u++) {
      float column[16] = {0};
      for (int j = 0; j < n; j++) column[j] = element(w, first + j, u);
      __m512 c = _mm512_loadu_ps(column);
      UNROLLED for (int i = 0; i < m; i++) sum[i] = _mm512_fmadd_ps(_mm512_set1_ps(x[i * x_stride + u]), c, sum[i]);
    }
  }
  __mmask16 mask = (__mmask16)((1u << n) - 1);
  __m512 b = bias ? _mm512_maskz_loadu_ps(mask, bias) : _mm512_setzero_ps();
  UNROLLED for (int i = 0; i < m; i++)
    _mm512_mask_storeu_ps(y + i * y_stride, mask, bias ? _mm512_add_ps(sum[i], b) : sum[i]);
}

// Eight columns and up to four rows at a time.
AVX2 static inline __attribute__((always_inline)) void rows_avx2(
    ptrdiff_t k, const float *x, ptrdiff_t x_stride, const int m, ck_matrix w, ptrdiff_t first, int n, float *y,
    ptrdiff_t y_stride, const float *bias) {
  __m256 sum[4];
  UNROLLED for (int i = 0; i < m; i++) sum[i] = _mm256_setzero_ps();
  ptrdiff_t whole = k & ~(ptrdiff_t)7;
  for (ptrdiff_t kk = 0; kk < k; kk += 8) {
    __m256 r[8];
    if (kk < whole && n == 8) {
      UNROLLED for (int j = 0; j < 8; j++) {
        ptrdiff_t at = (first + j) * w.stride + kk;
        r[j] = load8(w, at);
        fetch(w, at, fetch_ahead);
      }
      transpose8(r);
      UNROLLED for (int u = 0; u < 8; u++)
        UNROLLED for (int i = 0; i < m; i++)
          sum[i] = _mm256_fmadd_ps(_mm256_broadcast_ss(x + i * x_stride + kk + u), r[u], sum[i]);
      continue;
    }
    for (ptrdiff_t u = kk; u < kk + 8 && u < k; u++) {
      float column[8] = {0};
      for (int j = 0; j < n; j++) column[j] = element(w, first + j, u);
      __m256 c = _mm256_loadu_ps(column);
      UNROLLED for (int i = 0; i < m; i++)
        sum[i] = _mm256_fmadd_ps(_mm256_broadcast_ss(x + i * x_stride + u), c, sum[i]);
    }
  }
  UNROLLED for (int i = 0; i < m; i++) {
    float out[8];
    _mm256_storeu_ps(out, sum[i]);
    for (int j = 0; j < n; j++) y[i * y_stride + j] = bias ? out[j] + bias[j] : out[j];
  }
}

#define ROWS(M, name) case M: name(k, x, x_stride, M, w, first, n, y, y_stride, bias); break;
AVX512 static void few_avx512(ptrdiff_t k, const float *x, ptrdiff_t x_stride, int m, ck_matrix w, ptrdiff_t first,
                              int n, float *y, ptrdiff_t y_stride, const float *bias) {
  switch (m) {
    ROWS(1, rows_avx512) ROWS(2, rows_avx512) ROWS(3, rows_avx512) ROWS(4, rows_avx512)
    ROWS(5, rows_avx512) ROWS(6, rows_avx512) ROWS(7, rows_avx512) ROWS(8, rows_avx512)
  }
}

AVX2 static void few_avx2(ptrdiff_t k, const float *x, ptrdiff_t x_stride, int m, ck_matrix w, ptrdiff_t first, int n,
                          float *y, ptrdiff_t y_stride, const float *bias) {
  switch (m) {
    ROWS(1, rows_avx2) ROWS(2, rows_avx2) ROWS(3, rows_avx2) ROWS(4, rows_avx2)
  }
}
#undef ROWS
#endif

void ck_few_rows(ck_instructions set, ptrdiff_t k, const float *x, ptrdiff_t x_stride, int m, ck_matrix w,
                 ptrdiff_t first, int n, float *y, ptrdiff_t y_stride, const float *bias) {
#if defined(__x86_64__)
  if (set == CK_AVX512) {
    few_avx512(k, x, x_stride, m, w, first, n, y, y_stride, bias);
    return;
  }
  if (set == CK_AVX2) {
    for (int j = 0; j < n; j += 8)
      for (int i = 0; i < m; i += 4)
        few_avx2(k, x + i * x_stride, x_stride, m - i < 4 ? m - i : 4, w, first + j, n - j < 8 ? n - j : 8,
                 y + i * y_stride + j, y_stride, bias ? bias + j : 0);
    return;
  }
#endif
  (void)set;
  few_scalar(k, x, x_stride, m, w, first, n, y, y_stride, bias);
}
