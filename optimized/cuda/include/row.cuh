// The weights of one row and their sums over fixed tiles.
//
//   w(t) = relu(rate p(t) - q(t)),  q a row, one-hot at the draft, or nothing (then w = p)
//
// A row of V is cut into at most 320 tiles of a multiple of 512 elements, sized by V alone. A warp sums a
// tile 512 elements at a time: lane l loads the quads (4 elements, 16 bytes) at 4 l + 128 j, adds the sixteen
// pairwise in float32, and those sums are added in float64 across batches and lanes. So the sum of a tile, and
// everything that follows from it, does not depend on how many warps and blocks share the row.
//
//   row    | tile 0           | tile 1           | ...        tile t -> block t mod blocks
//   batch  | l0 l1 ... l31 | l0 l1 ... l31 | l0 l1 ... l31 | l0 l1 ... l31 |   quads
//
// The code is kept short on purpose: most of it runs once per launch, and fetching instructions that are in no
// cache costs more than executing them. Hence a kernel for aligned rows and one for the others, which give
// the same bits, and loops that are not unrolled where nothing is gained.
#pragma once
#include <cfloat>
#include <cstdint>

#include "cluster.cuh"

namespace draftproof {

constexpr int kTilesPerLane = 10;
constexpr int kTiles = kWarp * kTilesPerLane;
constexpr int kQuad = 4;
constexpr int kChunk = kWarp * kQuad;      // elements of one load of a warp
constexpr int kInFlight = 4;               // chunks of a batch, all loaded before the first is used
constexpr int kBatch = kInFlight * kChunk;

struct Tiling {
    int width;  // elements of a tile
    int count;

    __host__ __device__ explicit Tiling(int vocabulary) {
        width = vocabulary > 0 ? ((vocabulary - 1) / (kTiles * kBatch) + 1) * kBatch : kBatch;
        count = vocabulary > 0 ? (vocabulary - 1) / width + 1 : 0;
    }
};

// A row, or the part of it that is a tile.
struct Row {
    const float* target;
    const float* draft;    // null: no row of q
    int hot;               // the drafted id of a one-hot q, else -1
    float rate, rate_low;  // their sum is the rate
    int length;

    __device__ Row tile(const Tiling& tiling, int number) const {
        const int64_t first = static_cast<int64_t>(number) * tiling.width;
        Row part = *this;
        part.target += first;
        if (draft != nullptr) part.draft += first;
        part.hot = hot >= 0 && hot / tiling.width == number ? hot % tiling.width : -1;
        part.length = static_cast<int>(min(length - first, static_cast<int64_t>(tiling.width)));
        return part;
    }
};

// A NaN, an infinity and a negative number carry no mass.
__device__ inline float mass(float value) { return value > 0.0f && value <= FLT_MAX ? value : 0.0f; }

__device__ inline bool is_finite(float value) { return fabsf(value) <= FLT_MAX; }

// relu(rate p - q): the rate in two floats and two fused multiply-adds err by about one rounding of the
// result, as float64 rounded to float32 would, and cost no float64 arithmetic per element.
__device__ inline float residual(const Row& row, float p, float q) {
    return fmaxf(fmaf(row.rate_low, p, fmaf(row.rate, p, -q)), 0.0f);
}

struct Quad {
    float at[kQuad];
};

// Four elements from `begin`, those outside the row as 0.
template <bool kAligned>
__device__ inline Quad load_quad(const float* row, int begin, int length) {
    Quad quad{};
    if constexpr (kAligned) {  // then V is a multiple of 4
        if (begin < length) {
            const float4 loaded = __ldg(reinterpret_cast<const float4*>(row + begin));
            quad = {loaded.x, loaded.y, loaded.z, loaded.w};
        }
    } else {
#pragma unroll
        for (int e = 0; e < kQuad; ++e) {
            if (begin + e < length) quad.at[e] = __ldg(row + begin + e);
        }
    }
    return quad;
}

// The exact weight of element `at`, where p and q are whatever was read.
template <bool kDraft>
__device__ inline float weight_of(const Row& row, int at, float p, float q) {
    if constexpr (kDraft) return residual(row, mass(p), at == row.hot ? 1.0f : mass(q));
    return mass(p);
}

// The exact weights of four elements.
template <bool kDraft>
__device__ inline Quad weights_of(const Row& row, int begin, const Quad& p, const Quad& q) {
    Quad weights;
#pragma unroll
    for (int e = 0; e < kQuad; ++e) weights.at[e] = weight_of<kDraft>(row, begin + e, p.at[e], q.at[e]);
    return weights;
}

template <bool kAligned, bool kDraft>
__device__ inline Quad load_weights(const Row& row, int begin) {
    const Quad p = load_quad<kAligned>(row.target, begin, row.length);
    Quad q{};
    if (kDraft && row.draft != nullptr) q = load_quad<kAligned>(row.draft, begin, row.length);
    return weights_of<kDraft>(row, begin, p, q);
}

// The exact weight of one element inside the row.
template <bool kDraft>
__device__ inline float load_weight(const Row& row, int at) {
    const float p = __ldg(row.target + at);
    return weight_of<kDraft>(row, at, p, kDraft && row.draft != nullptr ? __ldg(row.draft + at) : 0.0f);
}

__device__ inline double sum_exactly(const Quad& quad) {
    return (static_cast<double>(quad.at[0]) + static_cast<double>(quad.at[1])) +
           (static_cast<double>(quad.at[2]) + static_cast<double>(quad.at[3]));
}

__device__ inline double sum_lanes(double value) {
#pragma unroll
    for (int step = kWarp / 2; step > 0; step /= 2) value += __shfl_xor_sync(kAllLanes, value, step);
    return value;
}

// The quads of this lane in one batch; `whole` if all of the warp's lie inside the row.
template <bool kAligned>
__device__ inline void load_batch(Quad (&quads)[kInFlight], const float* row, int begin, int length, bool whole) {
    if (kAligned && whole) {
#pragma unroll
        for (int k = 0; k < kInFlight; ++k) {
            const float4 loaded = __ldg(reinterpret_cast<const float4*>(row + begin) + k * kWarp);
            quads[k] = {loaded.x, loaded.y, loaded.z, loaded.w};
        }
    } else {
#pragma unroll
        for (int k = 0; k < kInFlight; ++k) quads[k] = load_quad<kAligned>(row, begin + k * kChunk, length);
    }
}

// The sum of a tile's weights, in all lanes; its sign bit says that a NaN or an infinity was read.
template <bool kAligned, bool kDraft>
__device__ inline double tile_sum(const Row& tile) {
    const int offset = (threadIdx.x % kWarp) * kQuad;
    double sum = 0.0;
    bool seen = false;
#pragma unroll 1
    for (int at = 0; at < tile.length; at += kBatch) {
        const bool whole = at + kBatch <= tile.length;
        Quad p[kInFlight], q[kInFlight] = {};
        load_batch<kAligned>(p, tile.target, at + offset, tile.length, whole);
        if (kDraft && tile.draft != nullptr) load_batch<kAligned>(q, tile.draft, at + offset, tile.length, whole);
        float part[kInFlight];
#pragma unroll
        for (int k = 0; k < kInFlight; ++k) {
            float weight[kQuad];
#pragma unroll
            for (int e = 0; e < kQuad; ++e) {
                seen |= !is_finite(p[k].at[e]);
                weight[e] = fmaxf(p[k].at[e], 0.0f);
                if constexpr (kDraft) {
                    seen |= !is_finite(q[k].at[e]);
                    weight[e] = residual(tile, weight[e], fmaxf(q[k].at[e], 0.0f));
                }
            }
            part[k] = (weight[0] + weight[1]) + (weight[2] + weight[3]);
        }
        sum += static_cast<double>((part[0] + part[1]) + (part[2] + part[3]));
    }
    sum = sum_lanes(sum);
    seen = __any_sync(kAllLanes, seen);
    // A NaN or an infinity, a one-hot draft, or numbers too large for float32: again, in float64 throughout.
    if (__any_sync(kAllLanes, seen || tile.hot >= 0 || !(sum <= DBL_MAX))) {
        sum = 0.0;
#pragma unroll 1
        for (int at = 0; at < tile.length; at += kChunk) {
            sum += sum_exactly(load_weights<kAligned, kDraft>(tile, at + offset));
        }
        sum = sum_lanes(sum);
    }
    return seen ? -sum : sum;
}

}  // namespace draftproof
