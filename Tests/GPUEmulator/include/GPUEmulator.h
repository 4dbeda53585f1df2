// The kernels of CUDABackend on this processor: every thread of a block in turn, so that their bits can be tested
// where there is no GPU.
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
/// Runs a kernel; each argument's bytes stand at the start of its eight.
/// @return 0, or 1 if there is no such kernel, or 2 if it takes another number of arguments.
int gpu_emulator_launch(const char *kernel, int blocks_x, int blocks_y, int threads, const uint64_t *arguments,
                        int count);
#ifdef __cplusplus
}
#endif
