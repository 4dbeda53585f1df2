// Elements of a matrix as the kernels read them, one at a time or a square transposed in registers.
#pragma once
#include "CKernels.h"
#include <string.h>

#define UNROLLED _Pragma("clang loop unroll(full)")

static inline float bfloat16(uint16_t bits) {
  uint32_t wide = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &wide, sizeof value);
  return value;
}

static inline float element(ck_matrix x, ptrdiff_t row, ptrdiff_t column) {
  ptrdiff_t at = (x.rows ? x.rows[row] : row) * x.stride + column;
  return x.element == CK_FLOAT32 ? ((const float *)x.base)[at] : bfloat16(((const uint16_t *)x.base)[at]);
}

/// How many bytes ahead along a row: two to eight squares of a transposition.
enum { fetch_ahead = 256 };
/// Asks for what lies so many bytes behind an element and will be read soon; any address will do, mapped or not.
static inline void fetch(ck_matrix x, ptrdiff_t at, ptrdiff_t ahead) {
  __builtin_prefetch((const char *)x.base + at * (x.element == CK_FLOAT32 ? 4 : 2) + ahead);
}

#if defined(__x86_64__)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2,fma")))
#define AVX512 __attribute__((target("avx512f,avx2,fma")))

// Eight rows by eight columns, transposed in registers.
AVX2 static inline void transpose8(__m256 r[8]) {
  __m256 t[8];
  for (int i = 0; i < 4; i++) {
    t[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
  }
  __m256 u[8];
  for (int i = 0; i < 2; i++) {
    u[4 * i] = _mm256_shuffle_ps(t[4 * i], t[4 * i + 2], 0x44);
    u[4 * i + 1] = _mm256_shuffle_ps(t[4 * i], t[4 * i + 2], 0xEE);
    u[4 * i + 2] = _mm256_shuffle_ps(t[4 * i + 1], t[4 * i + 3], 0x44);
    u[4 * i + 3] = _mm256_shuffle_ps(t[4 * i + 1], t[4 * i + 3], 0xEE);
  }
  for (int i = 0; i < 4; i++) {
    r[i] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x20);
    r[i + 4] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x31);
  }
}

AVX2 static inline __m256 load8(ck_matrix x, ptrdiff_t at) {
  if (x.element == CK_FLOAT32) return _mm256_loadu_ps((const float *)x.base + at);
  __m128i half = _mm_loadu_si128((const __m128i *)((const uint16_t *)x.base + at));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}

AVX512 static inline __m512 load16(ck_matrix x, ptrdiff_t at) {
  if (x.element == CK_FLOAT32) return _mm512_loadu_ps((const float *)x.base + at);
  __m256i half = _mm256_loadu_si256((const __m256i *)((const uint16_t *)x.base + at));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

// Sixteen rows by sixteen columns, transposed in registers.
AVX512 static inline __attribute__((always_inline)) void transpose16(__m512 r[16]) {
  __m512 t[16], u[16];
  for (int i = 0; i < 8; i++) {
    t[2 * i] = _mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]);
  }
  for (int i = 0; i < 4; i++) {
    u[4 * i] = _mm512_shuffle_ps(t[4 * i], t[4 * i + 2], 0x44);
    u[4 * i + 1] = _mm512_shuffle_ps(t[4 * i], t[4 * i + 2], 0xEE);
    u[4 * i + 2] = _mm512_shuffle_ps(t[4 * i + 1], t[4 * i + 3], 0x44);
    u[4 * i + 3] = _mm512_shuffle_ps(t[4 * i + 1], t[4 * i + 3], 0xEE);
  }
  for (int i = 0; i < 4; i++) {
    __m512 p = _mm512_shuffle_f32x4(u[i], u[4 + i], 0x88), q = _mm512_shuffle_f32x4(u[i], u[4 + i], 0xDD);
    __m512 s = _mm512_shuffle_f32x4(u[8 + i], u[12 + i], 0x88), v = _mm512_shuffle_f32x4(u[8 + i], u[12 + i], 0xDD);
    r[i] = _mm512_shuffle_f32x4(p, s, 0x88);
    r[8 + i] = _mm512_shuffle_f32x4(p, s, 0xDD);
    r[4 + i] = _mm512_shuffle_f32x4(q, v, 0x88);
    r[12 + i] = _mm512_shuffle_f32x4(q, v, 0xDD);
  }
}
#endif
