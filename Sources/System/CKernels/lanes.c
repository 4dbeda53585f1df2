// Elementwise kernels with exponentials, and reductions of rows, for each instruction set.
//
// Coefficients: Chebyshev interpolation in 40 digits, rounded to Float32.
#include "CKernels.h"
#include <math.h>
#include <string.h>

// Lanes go by value between functions that are always inlined: no calling convention is at stake.
#pragma clang diagnostic ignored "-Wpsabi"
typedef ck_lanes lanes;
typedef double wide_lanes __attribute__((ext_vector_type(16)));
typedef int32_t mask __attribute__((ext_vector_type(16)));
typedef uint32_t words __attribute__((ext_vector_type(16)));
#define UNROLLED _Pragma("clang loop unroll(full)")

#define TARGET
#define NAME(x) x##_plain
#include "lanes.inc"
#undef TARGET
#undef NAME

#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2,fma")))
#define NAME(x) x##_avx2
#include "lanes.inc"
#undef TARGET
#undef NAME

#define TARGET __attribute__((target("avx512f,avx2,fma")))
#define NAME(x) x##_avx512
#include "lanes.inc"
#undef TARGET
#undef NAME
#define RUN(name, ...) \
  if (set == CK_AVX512) name##_avx512(__VA_ARGS__); \
  else if (set == CK_AVX2) name##_avx2(__VA_ARGS__); \
  else name##_plain(__VA_ARGS__)
#else
#define RUN(name, ...) \
  (void)set; \
  name##_plain(__VA_ARGS__)
#endif

void ck_gelu(ck_instructions set, const float *x, float *y, ptrdiff_t n) { RUN(gelu, x, y, n); }

void ck_gelu_backward(ck_instructions set, const float *dy, const float *x, float *dx, ptrdiff_t n) {
  RUN(gelu_backward, dy, x, dx, n);
}

void ck_swiglu(ck_instructions set, const float *g, const float *u, float *y, ptrdiff_t n) { RUN(swiglu, g, u, y, n); }

void ck_swiglu_backward(ck_instructions set, const float *dy, const float *g, const float *u, float *dg, float *du,
                        ptrdiff_t n) {
  RUN(swiglu_backward, dy, g, u, dg, du, n);
}

void ck_softmax(ck_instructions set, float *x, ptrdiff_t n, float scale, float *maximum, float *total) {
  RUN(softmax, x, n, scale, maximum, total);
}

void ck_query_terms(ck_instructions set, float *p, const float *dp, ptrdiff_t n, float scale, float lse, float dot) {
  RUN(query_terms, p, dp, n, scale, lse, dot);
}

void ck_key_terms(ck_instructions set, float *p, float *ds, ptrdiff_t n, float scale, const float *lse,
                  const float *dot) {
  RUN(key_terms, p, ds, n, scale, lse, dot);
}

void ck_entropy_terms(ck_instructions set, const float *x, ptrdiff_t n, float inverse, float *maximum, float *total,
                      float *moment) {
  RUN(entropy_terms, x, n, inverse, maximum, total, moment);
}

void ck_share_terms(ck_instructions set, const float *x, float *y, ptrdiff_t n, float inverse, float lse,
                    float factor) {
  RUN(share_terms, x, y, n, inverse, lse, factor);
}

void ck_rms_norm(ck_instructions set, const float *x, const float *w, float *y, float *s, ptrdiff_t rows,
                 ptrdiff_t width, float epsilon) {
  RUN(rms_norm, x, w, y, s, rows, width, epsilon);
}

double ck_squared_norm(ck_instructions set, const float *x, ptrdiff_t n) {
  double sum;
  RUN(squared_norm, x, n, &sum);
  return sum;
}

void ck_adamw_update(ck_instructions set, const ck_adamw *u, float *w, float *g, float *m, float *v, ptrdiff_t n) {
  RUN(adamw_update, u, w, g, m, v, n);
}

void ck_round_moments(ck_instructions set, const ck_rounding *r, ptrdiff_t first, const float *m, const float *v,
                      uint16_t *m_half, uint16_t *v_half, ptrdiff_t n) {
  RUN(round_moments, r, first, m, v, m_half, v_half, n);
}
