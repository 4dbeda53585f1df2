// Does the canonical arithmetic give the same bits on a GPU as on the CPU, and at what speed?
#include "canonical.cuh"
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cublas_v2.h>
#include <random>
#include <vector>

#define CHECK(call) \
  do { \
    cudaError_t error = (call); \
    if (error) { printf("%s: %s\n", #call, cudaGetErrorString(error)); exit(2); } \
  } while (0)

using Floats = std::vector<float>;

/// Numbers on the device.
struct Device {
  float *p;
  size_t count;
  explicit Device(size_t count) : count(count) { CHECK(cudaMalloc(&p, count * 4)); }
  explicit Device(const Floats &host) : Device(host.size()) {
    CHECK(cudaMemcpy(p, host.data(), count * 4, cudaMemcpyHostToDevice));
  }
  Device(const Device &) = delete;
  ~Device() { cudaFree(p); }
  Floats download() const {
    CHECK(cudaGetLastError());
    Floats host(count);
    CHECK(cudaMemcpy(host.data(), p, count * 4, cudaMemcpyDeviceToHost));
    return host;
  }
};

static Floats normal(size_t count, float scale) {
  static std::mt19937 numbers(1);
  std::normal_distribution<float> distribution(0, scale);
  Floats x(count);
  for (float &v : x) v = distribution(numbers);
  return x;
}

static bool differs = false;

/// What is not a number is equal to what is not a number.
static void compare(const char *name, const Floats &cpu, const Floats &gpu) {
  size_t other = 0;
  for (size_t i = 0; i < cpu.size(); i++)
    if (memcmp(&cpu[i], &gpu[i], 4) != 0 && !(cpu[i] != cpu[i] && gpu[i] != gpu[i])) other++;
  printf("%-40s %8zu numbers, %zu with other bits\n", name, cpu.size(), other);
  differs |= other > 0;
}

template <int BM, int BN, int BK, int TM, int TN>
static void multiply(int m, int n, int k, const Device &x, const Device &w, Device &y) {
  product<BM, BN, BK, TM, TN>
    <<<dim3((n + BN - 1) / BN, (m + BM - 1) / BM), (BM / TM) * (BN / TN)>>>(m, n, k, x.p, w.p, y.p);
}

static void products(ck_instructions set) {
  const int m = 342, n = 2048, k = 768;
  Floats x = normal((size_t)m * k, 1), w = normal((size_t)n * k, 0.05f), y((size_t)m * n);
  ck_matrix weight = {w.data(), nullptr, k, CK_FLOAT32};
  for (int i = 0; i < m; i += CK_FEW)
    for (int j = 0; j < n; j += 16)
      ck_few_rows(set, k, &x[(size_t)i * k], k, m - i < CK_FEW ? m - i : CK_FEW, weight, j, 16, &y[(size_t)i * n + j], n,
                  nullptr);
  Device dx(x), dw(w), wide((size_t)m * n), small((size_t)m * n);
  multiply<128, 128, 16, 8, 8>(m, n, k, dx, dw, wide);
  multiply<64, 64, 16, 4, 4>(m, n, k, dx, dw, small);
  compare("product 342 x 2048 x 768", y, wide.download());
  compare("the same in other tiles", y, small.download());
}

static void elementwise(ck_instructions set) {
  const int n = 1 << 22;
  Floats x = normal(n, 3), u = normal(n, 1), y(n);
  const float special[] = {NAN, INFINITY, -INFINITY, 100, -100, 0, -0.0f, 1e-30f, -1e-42f, 88.3f, -87.3f};
  for (size_t i = 0; i < sizeof special / sizeof *special; i++) x[i] = special[i];
  Device dx(x), du(u), dy((size_t)n);
  ck_gelu(set, x.data(), y.data(), n);
  gelu<<<n / 256, 256>>>(dx.p, dy.p, n);
  compare("GELU", y, dy.download());
  ck_swiglu(set, x.data(), u.data(), y.data(), n);
  swiglu<<<n / 256, 256>>>(dx.p, du.p, dy.p, n);
  compare("SwiGLU", y, dy.download());

  Floats g = normal(n, 2), m = normal(n, 0.1f), v = normal(n, 0.1f);
  for (float &e : v) e *= e;
  Device dg(g), dm(m), dv(v);
  ck_adamw step = {0.7f, 0.9f, 0.999f, 0.1f, 0.001f, 0.99f, 1e-3f, 3.1f, 1e-8f};
  ck_adamw_update(set, &step, u.data(), g.data(), m.data(), v.data(), n);
  adamw<<<n / 256, 256>>>(step, du.p, dg.p, dm.p, dv.p, n);
  compare("AdamW, parameters", u, du.download());
  compare("AdamW, first moments", m, dm.download());
  compare("AdamW, second moments", v, dv.download());
}

static void rows(ck_instructions set, int width) {
  const int count = 512;
  Floats x = normal((size_t)count * width, 2), w = normal(width, 1), y(x.size()), s(count), total(count);
  Device dx(x), dw(w), dy(x.size()), dt((size_t)count);
  char name[80];
  ck_rms_norm(set, x.data(), w.data(), y.data(), s.data(), count, width, 1e-6f);
  rms_norm<<<count * 16 / 256, 256>>>(dx.p, dw.p, dy.p, width, 1e-6f);
  snprintf(name, sizeof name, "RMS norm of rows of %d", width);
  compare(name, y, dy.download());
  float highest;
  for (int r = 0; r < count; r++) ck_softmax(set, &x[(size_t)r * width], width, 0.125f, &highest, &total[r]);
  softmax<<<count * 16 / 256, 256>>>(dx.p, width, 0.125f, dt.p);
  snprintf(name, sizeof name, "softmax of rows of %d", width);
  compare(name, x, dx.download());
  compare("its totals", total, dt.download());
}

template <class F>
static double seconds(F run) {
  cudaEvent_t start, end;
  CHECK(cudaEventCreate(&start));
  CHECK(cudaEventCreate(&end));
  double best = 1e9;
  for (int i = 0; i < 13; i++) {
    float ms;
    CHECK(cudaEventRecord(start));
    run();
    CHECK(cudaEventRecord(end));
    CHECK(cudaEventSynchronize(end));
    CHECK(cudaEventElapsedTime(&ms, start, end));
    if (i >= 3 && ms * 1e-3 < best) best = ms * 1e-3;
  }
  return best;
}

static void speed() {
  cublasHandle_t cublas;
  if (cublasCreate(&cublas) != CUBLAS_STATUS_SUCCESS) exit(2);
  cublasSetMathMode(cublas, CUBLAS_PEDANTIC_MATH);
  printf("\nTFLOP/s, best of ten      canonical   cuBLAS float32   ratio\n");
  // A square, the feed-forward of the 7B models on eight prompts and on one, and one of the bench's small model.
  const int shapes[][3] = {
    {4096, 4096, 4096}, {2736, 18944, 3584}, {2736, 3584, 18944}, {342, 18944, 3584}, {342, 2048, 768}};
  for (auto &shape : shapes) {
    const int m = shape[0], n = shape[1], k = shape[2];
    Device x(normal((size_t)m * k, 1)), w(normal((size_t)n * k, 1)), y((size_t)m * n);
    const double work = 2e-12 * m * n * k;
    const float one = 1, zero = 0;
    double wide = seconds([&] { multiply<128, 128, 16, 8, 8>(m, n, k, x, w, y); });
    double small = seconds([&] { multiply<64, 64, 16, 4, 4>(m, n, k, x, w, y); });
    double library = seconds([&] {
      cublasSgemm(cublas, CUBLAS_OP_T, CUBLAS_OP_N, n, m, k, &one, w.p, k, x.p, k, &zero, y.p, n);
    });
    double ours = wide < small ? wide : small;
    printf("[%d, %d, %d]%*s%9.1f %16.1f %7.2f\n", m, n, k, 22 - snprintf(nullptr, 0, "[%d, %d, %d]", m, n, k), "",
           work / ours, work / library, library / ours);
  }
}

int main() {
  cudaDeviceProp device;
  CHECK(cudaGetDeviceProperties(&device, 0));
  ck_instructions set = ck_best();
  printf("%s beside a CPU with %s\n\n", device.name, set == CK_AVX512 ? "AVX-512" : set == CK_AVX2 ? "AVX2" : "plain code");
  products(set);
  elementwise(set);
  for (int width : {768, 3584, 345}) rows(set, width);
  printf(differs ? "\nThe bits differ.\n" : "\nThe bits are the same.\n");
  speed();
  return differs;
}
