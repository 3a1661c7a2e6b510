// The arithmetic of softmax, which both of its kernels share: quads of four logits, and sums in any order.
//
// The denominator is a sum of integers: each quad's float32 sum, at most 4, in units of 2^-40. Integers add
// exactly in any order, so the bits do not depend on how many threads and blocks share the row; the largest
// weight is 1, so the units cost less than 2^-41 per quad in relative error.
#pragma once
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "cluster.cuh"

namespace draftproof {

constexpr int kQuad = 4;
constexpr int kThreads = 1024;  // most per block: leaves 64 registers
constexpr int kBlocks = 16;     // most per cluster
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

// What lies beyond the row.
__device__ inline Quad nothing() { return {-INFINITY, -INFINITY, -INFINITY, -INFINITY}; }

// Four logits with NaN as -inf.
template <typename Element>
__device__ inline Quad unpack(Packed<Element> packed) {
    Quad quad;
#pragma unroll
    for (int e = 0; e < kQuad; ++e) quad.at[e] = fmaxf(as_float(packed.at[e]), -INFINITY);
    return quad;
}

// Writes weights times `scale`; nobody reads them soon, so they may leave the cache first.
__device__ inline void store(float4* to, const Quad& weights, float scale) {
    __stcs(to, make_float4(weights.at[0] * scale, weights.at[1] * scale, weights.at[2] * scale,
                           weights.at[3] * scale));
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

// What the weights of a row with `units` in all are multiplied by; a row without mass stays 0.
__device__ inline float scale_of(long long units) {
    return units > 0 ? 1.0f / (static_cast<float>(units) * (1.0f / kUnit)) : 0.0f;
}

struct Larger {
    static constexpr float kNeutral = -INFINITY;

    static __device__ float combine(float a, float b) { return fmaxf(a, b); }

    // The order of floats (no NaN) as the order of integers; its own inverse.
    static __device__ int ordered(int bits) { return bits ^ ((bits >> 31) & 0x7fffffff); }

    static __device__ float over_lanes(float value) {
        return __int_as_float(ordered(__reduce_max_sync(kAllLanes, ordered(__float_as_int(value)))));
    }
};

struct Sum {
    static constexpr long long kNeutral = 0;

    static __device__ long long combine(long long a, long long b) { return a + b; }

    // Never negative: three parts of at most 24 bits, whose sums over 32 lanes fit into 32.
    static __device__ long long over_lanes(long long value) {
        const unsigned low = __reduce_add_sync(kAllLanes, static_cast<unsigned>(value) & 0xffffffu);
        const unsigned middle = __reduce_add_sync(kAllLanes, static_cast<unsigned>(value >> 24) & 0xffffffu);
        const unsigned high = __reduce_add_sync(kAllLanes, static_cast<unsigned>(value >> 48));
        return (static_cast<long long>(high) << 48) + (static_cast<long long>(middle) << 24) + low;
    }
};

// Combines the values of all threads of the cluster; `exchange` counts the uses of this mailbox.
template <typename Operation, typename Value>
__device__ inline Value reduce_cluster(Value value, Mailbox<Value, kSlots>& mailbox, int exchange) {
    const int lane = threadIdx.x % kWarp, warps = blockDim.x / kWarp, values = Cluster::size() * warps;
    if (threadIdx.x == 0) mailbox.expect(values);
    value = Operation::over_lanes(value);
    if (lane < Cluster::size()) mailbox.send(lane, Cluster::rank() * warps + threadIdx.x / kWarp, value);
    mailbox.seal();
    mailbox.await(exchange);
    value = Operation::kNeutral;
#pragma unroll 4
    for (int slot = lane; slot < values; slot += kWarp) value = Operation::combine(value, mailbox.slots[slot]);
    return Operation::over_lanes(value);
}

}  // namespace draftproof
