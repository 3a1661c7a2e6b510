// softmax: exp(l - max l) / sum exp(l - max l) of each row; -inf and NaN give 0, +inf logits share the mass.
//
// Bytes: every logit is read once and every probability written once: V (2 or 4) + 4 V per row.
//
// Layout: a cluster of 1 to 16 blocks per row, each thread keeping its part of the row in registers between the
// two exchanges, the maximum and the sum, that go through distributed shared memory. What does not fit into
// 16 blocks' registers (V beyond some 300,000) is read again.
//
//   quad i (4 elements, one load)  ->  register i / (blocks x threads) of thread i mod (blocks x threads)
//
// The denominator is a sum of integers: each quad's float32 sum, at most 4, in units of 2^-40. Integers add
// exactly in any order, so the bits do not depend on how many threads and blocks share the row; the largest
// weight is 1, so the units cost less than 2^-41 per quad in relative error.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

#include "cluster.cuh"

namespace draftproof {

constexpr int kQuad = 4;
constexpr int kThreads = 1024;         // most per block: leaves 64 registers
constexpr int kBlocks = 16;            // most per cluster
constexpr int kSlots = kBlocks * kThreads / kWarp;
constexpr float kUnit = 1099511627776.0f;  // 2^40

struct Quad {
    float at[kQuad];
};

__device__ inline float as_float(float value) { return value; }
__device__ inline float as_float(__half value) { return __half2float(value); }
__device__ inline float as_float(__nv_bfloat16 value) { return __bfloat162float(value); }

template <typename Element>
struct alignas(kQuad * sizeof(Element)) Packed {
    Element at[kQuad];
};

// Quad `index` of a row with NaN, and what lies beyond the row, as -inf.
template <bool kSimple, typename Element>
__device__ inline Quad load_quad(const Element* row, int64_t index, int vocabulary) {
    const int64_t begin = index * kQuad;
    Quad quad{-INFINITY, -INFINITY, -INFINITY, -INFINITY};
    if (kSimple && begin < vocabulary) {
        const auto packed = reinterpret_cast<const Packed<Element>*>(row)[index];
#pragma unroll
        for (int e = 0; e < kQuad; ++e) quad.at[e] = fmaxf(as_float(packed.at[e]), -INFINITY);
    }
    if constexpr (!kSimple) {
#pragma unroll
        for (int e = 0; e < kQuad; ++e) {
            if (begin + e < vocabulary) quad.at[e] = fmaxf(as_float(row[begin + e]), -INFINITY);
        }
    }
    return quad;
}

// Writes weights times `scale`.
template <bool kSimple>
__device__ inline void store_quad(float* row, int64_t index, int vocabulary, const Quad& weights, float scale) {
    const int64_t begin = index * kQuad;
    if (kSimple && begin < vocabulary) {
        __stcs(reinterpret_cast<float4*>(row) + index,
               make_float4(weights.at[0] * scale, weights.at[1] * scale, weights.at[2] * scale,
                           weights.at[3] * scale));
    }
    if constexpr (!kSimple) {
#pragma unroll
        for (int e = 0; e < kQuad; ++e) {
            if (begin + e < vocabulary) row[begin + e] = weights.at[e] * scale;
        }
    }
}

// Logits to weights; inf - inf is NaN, and a logit that equals the maximum has weight 1 whatever that is.
__device__ inline Quad weights_of(Quad quad, float highest) {
#pragma unroll
    for (int e = 0; e < kQuad; ++e) quad.at[e] = quad.at[e] == highest ? 1.0f : expf(quad.at[e] - highest);
    return quad;
}

__device__ inline float highest_of(const Quad& quad) {
    return fmaxf(fmaxf(quad.at[0], quad.at[1]), fmaxf(quad.at[2], quad.at[3]));
}

__device__ inline long long units_of(const Quad& weights) {
    return __float2ll_rn(((weights.at[0] + weights.at[1]) + (weights.at[2] + weights.at[3])) * kUnit);
}

struct Larger {
    __device__ float operator()(float a, float b) const { return fmaxf(a, b); }
};
struct Sum {
    __device__ long long operator()(long long a, long long b) const { return a + b; }
};

template <typename Value, typename Combine>
__device__ inline Value reduce_lanes(Value value, Combine combine) {
#pragma unroll
    for (int step = kWarp / 2; step > 0; step /= 2) {
        value = combine(value, __shfl_xor_sync(kAllLanes, value, step));
    }
    return value;
}

// Combines the values of all threads of the cluster; `combine` must not care about the order.
template <typename Value, typename Combine>
__device__ inline Value reduce_cluster(Value value, Value neutral, Combine combine, Mailbox<Value, kSlots>& mailbox) {
    const int lane = threadIdx.x % kWarp, warps = blockDim.x / kWarp, values = Cluster::size() * warps;
    if (threadIdx.x == 0) mailbox.expect(values);
    value = reduce_lanes(value, combine);
    if (lane < Cluster::size()) mailbox.send(lane, Cluster::rank() * warps + threadIdx.x / kWarp, value);
    mailbox.seal();
    mailbox.await(0);
    value = neutral;
#pragma unroll 4
    for (int slot = lane; slot < values; slot += kWarp) value = combine(value, mailbox.slots[slot]);
    return reduce_lanes(value, combine);
}

// kSimple: rows begin at multiples of their loads' size, V is a multiple of 4, and the registers hold the row.
template <typename Element, int kQuads, bool kSimple>
__global__ void __launch_bounds__(kThreads)
softmax(const Element* logits, int64_t logits_row, float* probs, int vocabulary) {
    __shared__ Mailbox<float, kSlots> maxima;
    __shared__ Mailbox<long long, kSlots> sums;
    if (threadIdx.x == 0) maxima.open(), sums.open();
    Cluster::announce();
    const int64_t request = blockIdx.x / Cluster::size();
    const Element* in = logits + request * logits_row;
    float* out = probs + request * vocabulary;
    const int step = Cluster::size() * blockDim.x;
    const int64_t first = Cluster::rank() * blockDim.x + threadIdx.x;
    const int64_t beyond = first + static_cast<int64_t>(kQuads) * step;  // what the registers do not hold
    const int64_t quads = kSimple ? 0 : (static_cast<int64_t>(vocabulary) + kQuad - 1) / kQuad;

    Quad held[kQuads];
#pragma unroll
    for (int k = 0; k < kQuads; ++k) {
        held[k] = load_quad<kSimple>(in, first + static_cast<int64_t>(k) * step, vocabulary);
    }
    float highest = -INFINITY;
#pragma unroll
    for (int k = 0; k < kQuads; ++k) highest = fmaxf(highest, highest_of(held[k]));
#pragma unroll 1
    for (int64_t i = beyond; i < quads; i += step) {
        highest = fmaxf(highest, highest_of(load_quad<kSimple>(in, i, vocabulary)));
    }
    Cluster::await_peers();
    highest = reduce_cluster(highest, -INFINITY, Larger(), maxima);
    if (highest == -INFINITY) highest = 0.0f;  // no mass: every weight is exp(-inf)

    long long units = 0;
#pragma unroll
    for (int k = 0; k < kQuads; ++k) {
        held[k] = weights_of(held[k], highest);
        units += units_of(held[k]);
    }
#pragma unroll 1
    for (int64_t i = beyond; i < quads; i += step) {
        units += units_of(weights_of(load_quad<kSimple>(in, i, vocabulary), highest));
    }
    units = reduce_cluster(units, 0LL, Sum(), sums);
    const float scale = units > 0 ? 1.0f / (static_cast<float>(units) * (1.0f / kUnit)) : 0.0f;

#pragma unroll
    for (int k = 0; k < kQuads; ++k) {
        store_quad<kSimple>(out, first + static_cast<int64_t>(k) * step, vocabulary, held[k], scale);
    }
#pragma unroll 1
    for (int64_t i = beyond; i < quads; i += step) {
        const Quad weights = weights_of(load_quad<kSimple>(in, i, vocabulary), highest);
        store_quad<kSimple>(out, i, vocabulary, weights, scale);
    }
}

template <typename Element>
cudaError_t launch_softmax(const void* logits, int64_t logits_row, float* probs, int64_t rows, int vocabulary,
                           int quads, int cluster, int threads, void* stream) {
    const bool aligned = reinterpret_cast<uintptr_t>(logits) % sizeof(Packed<Element>) == 0 &&
                         logits_row % kQuad == 0 && vocabulary % kQuad == 0;
    const bool held = static_cast<int64_t>(quads) * cluster * threads * kQuad >= vocabulary;
    const auto kernel = !aligned || !held ? softmax<Element, 4, false>
                        : quads <= 2      ? softmax<Element, 2, true>
                        : quads <= 4      ? softmax<Element, 4, true>
                                          : softmax<Element, 8, true>;
    return launch(kernel, rows * cluster, threads, cluster, stream, static_cast<const Element*>(logits), logits_row,
                  probs, vocabulary);
}

}  // namespace draftproof

// `type`: 0 float32, 1 float16, 2 bfloat16; `quads` (2, 4 or 8) is how many each thread keeps.
extern "C" int draftproof_softmax(const void* logits, int64_t logits_row, int type, float* probs, int64_t rows,
                                  int vocabulary, int quads, int cluster, int threads, void* stream) {
    using namespace draftproof;
    const auto run = type == 0   ? launch_softmax<float>
                     : type == 1 ? launch_softmax<__half>
                                 : launch_softmax<__nv_bfloat16>;
    return run(logits, logits_row, probs, rows, vocabulary, quads, cluster, threads, stream);
}

extern "C" int draftproof_largest_cluster(int* size) {
    using namespace draftproof;
    return largest_cluster(softmax<float, 8, true>, kThreads, size);
}
