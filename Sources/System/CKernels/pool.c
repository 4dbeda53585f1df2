#define _GNU_SOURCE
#include "CKernels.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

// A region is announced by raising `generation`; tasks are taken from `next`; a worker that finds none left counts
// itself into `finished`. The caller waits for all workers that joined, so `body` never outlives the region.
struct ck_pool {
  int workers;
  pthread_t *threads;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  int sleeping;
  _Alignas(64) atomic_uint generation;
  _Alignas(64) atomic_ptrdiff_t next;
  _Alignas(64) atomic_int finished;
  atomic_int stop;
  ptrdiff_t tasks;
  void (*body)(void *, ptrdiff_t);
  void *context;
};

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

static void take(ck_pool *pool) {
  for (;;) {
    ptrdiff_t task = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
    if (task >= pool->tasks) return;
    pool->body(pool->context, task);
  }
}

enum { spins = 4000 };  // about 20 to 100 microseconds of pauses

static void *work(void *argument) {
  ck_pool *pool = argument;
  unsigned seen = 0;
  for (;;) {
    unsigned now = seen;
    for (int i = 0; i < spins; i++) {
      now = atomic_load_explicit(&pool->generation, memory_order_acquire);
      if (now != seen) break;
      relax();
    }
    if (now == seen) {
      pthread_mutex_lock(&pool->mutex);
      pool->sleeping++;
      while ((now = atomic_load_explicit(&pool->generation, memory_order_acquire)) == seen)
        pthread_cond_wait(&pool->wake, &pool->mutex);
      pool->sleeping--;
      pthread_mutex_unlock(&pool->mutex);
    }
    seen = now;
    if (atomic_load_explicit(&pool->stop, memory_order_acquire)) return 0;
    take(pool);
    atomic_fetch_add_explicit(&pool->finished, 1, memory_order_release);
  }
}

ck_pool *ck_pool_create(int threads) {
  ck_pool *pool = aligned_alloc(64, (sizeof(ck_pool) + 63) / 64 * 64);
  if (!pool) return 0;
  *pool = (ck_pool){.workers = 0};
  pool->threads = calloc((size_t)(threads > 1 ? threads - 1 : 1), sizeof(pthread_t));
  if (!pool->threads) { free(pool); return 0; }
  pthread_mutex_init(&pool->mutex, 0);
  pthread_cond_init(&pool->wake, 0);
  for (int i = 0; i < threads - 1; i++) {
    if (pthread_create(&pool->threads[i], 0, work, pool) != 0) break;
    pool->workers++;
  }
  return pool;
}

static void announce(ck_pool *pool) {
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add_explicit(&pool->generation, 1, memory_order_release);
  if (pool->sleeping) pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
}

void ck_pool_run(ck_pool *pool, ptrdiff_t tasks, void (*body)(void *, ptrdiff_t), void *context) {
  if (pool->workers == 0 || tasks <= 1) {
    for (ptrdiff_t task = 0; task < tasks; task++) body(context, task);
    return;
  }
  pool->tasks = tasks;
  pool->body = body;
  pool->context = context;
  atomic_store_explicit(&pool->finished, 0, memory_order_relaxed);
  atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
  announce(pool);
  take(pool);
  int waits = 0;
  while (atomic_load_explicit(&pool->finished, memory_order_acquire) < pool->workers) {
    relax();
    // Another process may hold the worker's core: give ours up now and then.
    if (++waits > spins) { waits = 0; sched_yield(); }
  }
}

void ck_pool_destroy(ck_pool *pool) {
  if (!pool) return;
  atomic_store_explicit(&pool->stop, 1, memory_order_release);
  announce(pool);
  for (int i = 0; i < pool->workers; i++) pthread_join(pool->threads[i], 0);
  pthread_cond_destroy(&pool->wake);
  pthread_mutex_destroy(&pool->mutex);
  free(pool->threads);
  free(pool);
}
