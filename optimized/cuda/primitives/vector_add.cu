// vector_add: a + b.
//
// Bytes: 12 N. Layout: each thread adds four quads (16-byte loads, all eight in flight before the first is used),
// a block's quads side by side. Strided or misaligned vectors take the kernel of one element per thread.
#include <cstdint>

#include "cluster.cuh"

namespace draftproof {

constexpr int kThreads = 256;
constexpr int kQuad = 4;
constexpr int kUnroll = 4;

__global__ void __launch_bounds__(kThreads) add_quads(const float4* a, const float4* b, float4* out, int64_t count) {
    const int64_t quads = count / kQuad;
    const int64_t begin = static_cast<int64_t>(blockIdx.x) * kThreads * kUnroll + threadIdx.x;
    float4 x[kUnroll], y[kUnroll];
#pragma unroll
    for (int k = 0; k < kUnroll; ++k) {
        const int64_t i = begin + k * kThreads;
        if (i < quads) x[k] = __ldcs(a + i), y[k] = __ldcs(b + i);
    }
#pragma unroll
    for (int k = 0; k < kUnroll; ++k) {
        const int64_t i = begin + k * kThreads;
        if (i < quads) {
            __stcs(out + i, make_float4(x[k].x + y[k].x, x[k].y + y[k].y, x[k].z + y[k].z, x[k].w + y[k].w));
        }
    }
    const int64_t rest = quads * kQuad + threadIdx.x;
    if (blockIdx.x == 0 && rest < count) {
        reinterpret_cast<float*>(out)[rest] =
            reinterpret_cast<const float*>(a)[rest] + reinterpret_cast<const float*>(b)[rest];
    }
}

__global__ void __launch_bounds__(kThreads)
add_elements(const float* a, int64_t a_stride, const float* b, int64_t b_stride, float* out, int64_t count) {
    const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    if (i < count) out[i] = a[i * a_stride] + b[i * b_stride];
}

inline bool is_aligned(const void* address) { return reinterpret_cast<uintptr_t>(address) % sizeof(float4) == 0; }

inline int64_t blocks_of(int64_t work, int64_t per_block) { return (work + per_block - 1) / per_block; }

}  // namespace draftproof

extern "C" int draftproof_vector_add(const float* a, int64_t a_stride, const float* b, int64_t b_stride, float* out,
                                     int64_t count, void* stream) {
    using namespace draftproof;
    if (a_stride == 1 && b_stride == 1 && is_aligned(a) && is_aligned(b) && is_aligned(out)) {
        return launch(add_quads, blocks_of(count, kThreads * kUnroll * kQuad), kThreads, 1, stream,
                      reinterpret_cast<const float4*>(a), reinterpret_cast<const float4*>(b),
                      reinterpret_cast<float4*>(out), count);
    }
    return launch(add_elements, blocks_of(count, kThreads), kThreads, 1, stream, a, a_stride, b, b_stride, out,
                  count);
}
