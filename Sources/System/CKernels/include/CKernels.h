// The inner kernels of the canonical matrix product. Data movement and fused multiply-adds only; no threads, no memory.
//
// Every element of a product is one chain of Float32 fused multiply-adds in rising k. A chain may be cut (the partial is
// stored and loaded exactly) but is never reordered, so instruction set, blocking and threads cannot change a bit.
//
// A product C[m,n] = sum over k of A[m,k] B[k,n] is made of packed panels:
//   A panels of CK_MR rows:    a[(panel * k + kk) * CK_MR + r]     rows past m are zero
//   B panels of CK_NR columns: b[(panel * k + kk) * CK_NR + c]     columns past n are zero
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { CK_MR = 12, CK_NR = 32 };

typedef enum { CK_SCALAR = 0, CK_AVX2 = 1, CK_AVX512 = 2 } ck_instructions;
typedef enum { CK_FLOAT32 = 0, CK_BFLOAT16 = 1 } ck_element;

/// How floating-point numbers are computed with: as IEEE 754 has it; rounded otherwise than to the nearest; small
/// results, or small operands, taken for 0.
typedef enum { CK_IEEE = 0, CK_OTHER_ROUNDING = 1, CK_FLUSHES_RESULTS = 2, CK_FLUSHES_OPERANDS = 3 } ck_float_mode;
ck_float_mode ck_float_modes(void);

/// The best instruction set of this processor (and operating system).
ck_instructions ck_best(void);
/// Whether the processor has all of AVX-512 that the server cores of 2017 and later share (F, BW, DQ, VL).
int ck_has_server_avx512(void);

/// A matrix whose rows are packed as the long axis of panels, or across it. `rows` maps row numbers to rows of `base`;
/// NULL is the identity. `stride` is in elements.
typedef struct {
  const void *base;
  const int32_t *rows;
  ptrdiff_t stride;
  ck_element element;
} ck_matrix;

/// Packs rows [first, first + count) as one panel of `width` (CK_MR or CK_NR) lanes, each row's elements [k0, k0 + k)
/// going down the panel: X in X W^T, and W itself. Lanes past count are zero.
void ck_pack_rows(ck_instructions set, ck_matrix x, ptrdiff_t first, ptrdiff_t count, ptrdiff_t k0, ptrdiff_t k,
                  int width, float *panel);

/// Packs columns [first, first + count) as one panel of `width` lanes, rows [k0, k0 + k) going down the panel: the other
/// operand of x W, and both of dY^T X.
void ck_pack_columns(ck_instructions set, ck_matrix x, ptrdiff_t first, ptrdiff_t count, ptrdiff_t k0, ptrdiff_t k,
                     int width, float *panel);

/// What happens to a finished chain. ASSIGN: c = chain. ADD: c = c + chain. CONTINUE: it goes on from c, c = chain.
typedef enum { CK_ASSIGN = 0, CK_ADD = 1, CK_CONTINUE = 2 } ck_mode;

/// One tile: m (1 to CK_MR) by n (1 to CK_NR) elements of c, from one panel of each operand. `bias`, where not NULL, is n
/// numbers added after the chain (ASSIGN and CONTINUE).
void ck_tile(ck_instructions set, ptrdiff_t k, const float *a, const float *b, float *c, ptrdiff_t stride, int m, int n,
             ck_mode mode, const float *bias);

enum { CK_FEW = 8 };
/// y = x w^T + bias of m rows (1 to CK_FEW) and the n rows (1 to 16) of `w` from `first` on, whose `rows` is NULL; `bias`
/// is n numbers or NULL.
void ck_few_rows(ck_instructions set, ptrdiff_t k, const float *x, ptrdiff_t x_stride, int m, ck_matrix w,
                 ptrdiff_t first, int n, float *y, ptrdiff_t y_stride, const float *bias);

#ifdef __clang__
/// Sixteen lanes, and sum + a b on them with one rounding: one instruction or two, where a generic loop over lanes would
/// be left to luck.
typedef float ck_lanes __attribute__((ext_vector_type(16)));
static inline __attribute__((always_inline)) ck_lanes ck_fused(ck_lanes sum, ck_lanes a, ck_lanes b) {
  return __builtin_elementwise_fma(a, b, sum);
}
#endif

// Elementwise, over n numbers; y may be x. sigma(x) = 1 / (1 + e^-x).
/// y = x/2 (1 + erf(x/sqrt 2)).
void ck_gelu(ck_instructions set, const float *x, float *y, ptrdiff_t n);
void ck_gelu_backward(ck_instructions set, const float *dy, const float *x, float *dx, ptrdiff_t n);
/// y = g sigma(g) u.
void ck_swiglu(ck_instructions set, const float *g, const float *u, float *y, ptrdiff_t n);
void ck_swiglu_backward(ck_instructions set, const float *dy, const float *g, const float *u, float *dg, float *du,
                        ptrdiff_t n);
/// y = e^(x inverse - lse) factor.
void ck_share_terms(ck_instructions set, const float *x, float *y, ptrdiff_t n, float inverse, float lse, float factor);

/// The sum of squares in Double, in 16 lanes.
double ck_squared_norm(ck_instructions set, const float *x, ptrdiff_t n);

/// The constants of an AdamW update, each rounded once.
typedef struct {
  float scale, beta1, beta2, keep1, keep2, decay, rate, correction, epsilon;
} ck_adamw;
/// g' = g scale; m = m beta1 + g' keep1; v = v beta2 + g'^2 keep2; w = w decay - m rate / (sqrt(v) correction + epsilon);
/// g = 0.
void ck_adamw_update(ck_instructions set, const ck_adamw *u, float *w, float *g, float *m, float *v, ptrdiff_t n);
/// Philox's key, and the upper half of its counter.
typedef struct {
  uint32_t key[2], high[2];
} ck_rounding;
/// Both moments as bfloat16, rounded to one of the two neighbours by random numbers: word i mod 4 at position i / 4 is
/// for
/// element i, its lower half for m, its upper half for v. The first element is number `first`, a multiple of 4.
void ck_round_moments(ck_instructions set, const ck_rounding *r, ptrdiff_t first, const float *m, const float *v,
                      uint16_t *m_half, uint16_t *v_half, ptrdiff_t n);

// Rows. Lane i mod 16 of a reduction holds element i.
/// x = e^(scale x - maximum), in place; the maximum of scale x, and the sum.
void ck_softmax(ck_instructions set, float *x, ptrdiff_t n, float scale, float *maximum, float *total);
/// Of x inverse: the maximum, the sum of p = e^(x inverse - maximum), and that of p (x inverse - maximum).
void ck_entropy_terms(ck_instructions set, const float *x, ptrdiff_t n, float inverse, float *maximum, float *total,
                      float *moment);
/// p = e^(scale p - lse) (dp - dot) scale.
void ck_query_terms(ck_instructions set, float *p, const float *dp, ptrdiff_t n, float scale, float lse, float dot);
/// p = e^(scale p - lse), ds = p (ds - dot) scale, with lse and dot by column; n is a multiple of 16.
void ck_key_terms(ck_instructions set, float *p, float *ds, ptrdiff_t n, float scale, const float *lse,
                  const float *dot);

/// y = x s w by row, s = 1 / sqrt(mean of x^2 + epsilon).
void ck_rms_norm(ck_instructions set, const float *x, const float *w, float *y, float *s, ptrdiff_t rows,
                 ptrdiff_t width, float epsilon);

// A small pool of threads for short parallel regions. Workers spin briefly for the next region, then sleep.
typedef struct ck_pool ck_pool;
/// `threads` counts the caller; NULL if threads cannot be started.
ck_pool *ck_pool_create(int threads);
void ck_pool_destroy(ck_pool *pool);
/// Calls body(context, task) once for every task in [0, tasks), on the caller and the workers, and returns when all are
/// done. Not reentrant: one region at a time, from one thread.
void ck_pool_run(ck_pool *pool, ptrdiff_t tasks, void (*body)(void *context, ptrdiff_t task), void *context);
