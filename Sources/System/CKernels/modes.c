// Whether the processor computes as IEEE 754 says unless it is told otherwise. Libraries that were built for speed alone
// change its modes when they are loaded, for every thread that is started later.
#include "CKernels.h"
#include <float.h>
#include <string.h>

ck_float_mode ck_float_modes(void) {
  volatile float one = 1, least = FLT_MIN, half = 0.5f, small = 0x1p-30f;
  uint32_t bits = 1;
  float denormal;
  memcpy(&denormal, &bits, sizeof denormal);
  volatile float given = denormal;
  if (one + small != one || one - small != one) return CK_OTHER_ROUNDING;
  // By its bits: a comparison would take a small operand for 0 where operands are flushed.
  volatile float product = least * half;
  float result = product;
  memcpy(&bits, &result, sizeof bits);
  if (bits == 0) return CK_FLUSHES_RESULTS;
  if (given == 0) return CK_FLUSHES_OPERANDS;
  return CK_IEEE;
}
