#define _GNU_SOURCE
#include "CKernels.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

// A region is one word: its number, whether workers may still join, and how many are in it. Tasks are what is left
// between two ends, one word too: the caller takes from the front and the workers from the back, so that a part of a
// tensor is mostly touched by the same core from one operation to the next.
// The caller works too; when no task is left it closes the region and waits for the workers inside, never for one that
// has not joined: another process may hold that one's core.
struct ck_pool {
  int workers;
  pthread_t *threads;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  atomic_int sleeping;
  _Alignas(64) _Atomic uint64_t region;
  _Alignas(64) _Atomic uint64_t left;
  atomic_int stop;
  void (*body)(void *, ptrdiff_t);
  void *context;
};

enum { inside = 1, within = 0xFFFF, open = 0x10000, number = 0x20000 };

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

enum { front = 1 };
static const uint64_t back = 1ull << 32;

static void take(ck_pool *pool, int fromBack) {
  uint64_t left = atomic_load_explicit(&pool->left, memory_order_relaxed);
  while ((uint32_t)left < left / back) {
    uint64_t rest = fromBack ? left - back : left + front;
    if (!atomic_compare_exchange_weak_explicit(
            &pool->left, &left, rest, memory_order_relaxed, memory_order_relaxed)) continue;
    pool->body(pool->context, (ptrdiff_t)(fromBack ? left / back - 1 : (uint32_t)left));
    left = atomic_load_explicit(&pool->left, memory_order_relaxed);
  }
}

enum { spins = 4000 };  // about 20 to 100 microseconds of pauses

static inline uint64_t number_of(uint64_t region) { return region / number; }

// Waits for a region behind number `seen`, first awake, then asleep.
static uint64_t await(ck_pool *pool, uint64_t seen) {
  for (int i = 0; i < spins; i++) {
    uint64_t now = atomic_load_explicit(&pool->region, memory_order_acquire);
    if (number_of(now) != seen) return now;
    relax();
  }
  pthread_mutex_lock(&pool->mutex);
  atomic_fetch_add(&pool->sleeping, 1);
  uint64_t now;
  while (number_of(now = atomic_load(&pool->region)) == seen) pthread_cond_wait(&pool->wake, &pool->mutex);
  atomic_fetch_sub(&pool->sleeping, 1);
  pthread_mutex_unlock(&pool->mutex);
  return now;
}

static void *work(void *argument) {
  ck_pool *pool = argument;
  uint64_t seen = 0;
  for (;;) {
    uint64_t now = await(pool, seen);
    if (atomic_load_explicit(&pool->stop, memory_order_acquire)) return 0;
    // Joins while the region is open; a region missed is a region done.
    while (now & open && !atomic_compare_exchange_weak_explicit(
                             &pool->region, &now, now + inside, memory_order_acq_rel, memory_order_acquire)) {}
    seen = number_of(now);
    if (!(now & open)) continue;
    take(pool, 1);
    atomic_fetch_sub_explicit(&pool->region, inside, memory_order_release);
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

// A new region, open or not. Sequentially consistent with `sleeping`: either a worker sees it before it sleeps, or it is
// seen to sleep.
static void announce(ck_pool *pool, uint64_t isOpen) {
  uint64_t old = atomic_load_explicit(&pool->region, memory_order_relaxed);
  atomic_store(&pool->region, (number_of(old) + 1) * number + isOpen);
  if (atomic_load(&pool->sleeping) == 0) return;
  pthread_mutex_lock(&pool->mutex);
  pthread_cond_broadcast(&pool->wake);
  pthread_mutex_unlock(&pool->mutex);
}

void ck_pool_run(ck_pool *pool, ptrdiff_t tasks, void (*body)(void *, ptrdiff_t), void *context) {
  if (pool->workers == 0 || tasks <= 1) {
    for (ptrdiff_t task = 0; task < tasks; task++) body(context, task);
    return;
  }
  pool->body = body;
  pool->context = context;
  atomic_store_explicit(&pool->left, (uint64_t)tasks * back, memory_order_relaxed);
  announce(pool, open);
  take(pool, 0);
  uint64_t region = atomic_fetch_and_explicit(&pool->region, ~(uint64_t)open, memory_order_acq_rel);
  int waits = 0;
  while (region & within) {
    relax();
    // Another process may hold the worker's core: give ours up now and then.
    if (++waits > spins) { waits = 0; sched_yield(); }
    region = atomic_load_explicit(&pool->region, memory_order_acquire);
  }
}

void ck_pool_destroy(ck_pool *pool) {
  if (!pool) return;
  atomic_store_explicit(&pool->stop, 1, memory_order_release);
  announce(pool, 0);
  for (int i = 0; i < pool->workers; i++) pthread_join(pool->threads[i], 0);
  pthread_cond_destroy(&pool->wake);
  pthread_mutex_destroy(&pool->mutex);
  free(pool->threads);
  free(pool);
}
