// One draw by inverse CDF from a row that a cluster shares: the smallest t with w(t) > 0 and
// cdf(t) > u * total, the last t with w(t) > 0 if rounding leaves none.
//
//   1. every warp of the cluster sums its tiles and sends each sum to all blocks
//   2. every block scans the same sums in the same order and finds the same tile
//   3. the block that summed the tile (its bytes are still in that multiprocessor's L1) scans it in float64
#pragma once
#include "row.cuh"

namespace draftproof {

// Lane l scans the tiles 10 l .. 10 l + 9; transposed, so that the lanes hit different banks.
__device__ inline int slot_of(int tile) { return tile % kTilesPerLane * kWarp + tile / kTilesPerLane; }

using Sums = Mailbox<double, kTiles>;

// All threads of the cluster: sums the row's tiles and sends them to all blocks.
template <bool kAligned, bool kDraft>
__device__ inline void share_tile_sums(const Row& row, const Tiling& tiling, Sums& sums) {
    const int lane = threadIdx.x % kWarp, warps = blockDim.x / kWarp;
    const int stride = Cluster::size() * warps;
    if (threadIdx.x == 0) sums.expect(tiling.count);
#pragma unroll 1
    for (int tile = Cluster::rank() * warps + warp_index(); tile < tiling.count; tile += stride) {
        const double sum = tile_sum<kAligned, kDraft>(row.tile(tiling, tile));
        if (lane < Cluster::size()) sums.send(lane, slot_of(tile), sum);
    }
    sums.seal();
}

__device__ inline double scan_lanes(double value) {
    const int lane = threadIdx.x % kWarp;
#pragma unroll
    for (int step = 1; step < kWarp; step *= 2) {
        const double lower = __shfl_up_sync(kAllLanes, value, step);
        if (lane >= step) value += lower;
    }
    return value;
}

// One warp: the first lane of mass in which the CDF, `cdf` before lane 0, passes `threshold`; else the last lane
// of mass. -1 if no lane has any. `through` is the scan of `own`.
__device__ inline int crossing_lane(double own, double through, double cdf, double threshold) {
    const unsigned positive = __ballot_sync(kAllLanes, own > 0.0);
    const unsigned crossed = __ballot_sync(kAllLanes, own > 0.0 && cdf + through > threshold);
    return crossed ? __ffs(crossed) - 1 : kWarp - 1 - __clz(positive);
}

// Where in the row a draw falls.
struct Place {
    double total;      // mass of the row
    bool seen;         // a NaN or an infinity was read
    int tile;          // -1 if the row has no mass
    double cdf;        // mass before the tile
    double threshold;  // u * total
};

// One warp: finds the tile from the sums that came in exchange number `exchange` of their mailbox.
__device__ inline Place locate(Sums& mailbox, int exchange, const Tiling& tiling, double uniform) {
    mailbox.await(exchange);
    const double* sums = mailbox.slots;
    const int lane = threadIdx.x % kWarp;
    double own = 0.0;
    bool seen = false;
#pragma unroll
    for (int k = 0; k < kTilesPerLane; ++k) {
        const double sum = lane * kTilesPerLane + k < tiling.count ? sums[k * kWarp + lane] : 0.0;
        seen |= signbit(sum);
        own += fabs(sum);
    }
    double through = scan_lanes(own);
    Place place;
    place.total = __shfl_sync(kAllLanes, through, kWarp - 1);
    place.seen = __any_sync(kAllLanes, seen);
    place.threshold = uniform * place.total;
    const int group = crossing_lane(own, through, 0.0, place.threshold);
    place.cdf = __shfl_sync(kAllLanes, through - own, group);

    const int tile = group * kTilesPerLane + lane;
    own = group >= 0 && lane < kTilesPerLane && tile < tiling.count ? fabs(sums[slot_of(tile)]) : 0.0;
    through = scan_lanes(own);
    const int member = crossing_lane(own, through, place.cdf, place.threshold);
    place.cdf += __shfl_sync(kAllLanes, through - own, member);
    place.tile = member < 0 ? -1 : group * kTilesPerLane + member;
    return place;
}

// One warp: the drawn id, inside a tile of mass: first the chunk, by the sums of all chunks of a batch, then the lane
// and the element, by one scan.
template <bool kAligned, bool kDraft>
__device__ inline int search(const Row& row, const Tiling& tiling, const Place& place) {
    constexpr int kTogether = kAligned ? kInFlight : 1;  // element-wise loads of a whole batch overflow the registers
    const Row tile = row.tile(tiling, place.tile);
    const int offset = (threadIdx.x % kWarp) * kQuad;
    double cdf = place.cdf, threshold = place.threshold;
    int chunk = -1, last = 0;  // where the CDF passes the threshold; the last chunk of mass
    Quad weights{};
#pragma unroll 1
    for (int at = 0; at < tile.length && chunk < 0; at += kTogether * kChunk) {
        Quad batch[kTogether];
        double sums[kTogether];
#pragma unroll
        for (int k = 0; k < kTogether; ++k) {
            batch[k] = load_weights<kAligned, kDraft>(tile, at + k * kChunk + offset);
        }
#pragma unroll
        for (int k = 0; k < kTogether; ++k) sums[k] = sum_lanes(sum_exactly(batch[k]));
#pragma unroll
        for (int k = 0; k < kTogether; ++k) {
            // All lanes agree; a vote lets the compiler know.
            if (chunk < 0 && __any_sync(kAllLanes, sums[k] > 0.0)) {
                last = at + k * kChunk;
                if (__any_sync(kAllLanes, cdf + sums[k] > threshold)) {
                    chunk = last;
                    weights = batch[k];
                } else {
                    cdf += sums[k];
                }
            }
        }
    }
    if (chunk < 0) {  // rounding left no crossing: the last element of mass is meant
        chunk = last;
        weights = load_weights<kAligned, kDraft>(tile, chunk + offset);
        threshold = INFINITY;
    }
    const double own = sum_exactly(weights), through = scan_lanes(own);
    double running = cdf + (through - own);
    int chosen = -1, positive = -1;
#pragma unroll
    for (int e = 0; e < kQuad; ++e) {
        running += static_cast<double>(weights.at[e]);
        if (weights.at[e] > 0.0f) {
            positive = chunk + offset + e;
            if (chosen < 0 && running > threshold) chosen = positive;
        }
    }
    const int lane = crossing_lane(own, through, cdf, threshold);
    return place.tile * tiling.width + __shfl_sync(kAllLanes, chosen >= 0 ? chosen : positive, lane);
}

// The rank of the block that summed `tile`; 0 if there is no tile.
__device__ inline int owner_of(int tile) {
    const int warps = blockDim.x / kWarp;
    return max(tile, 0) % (Cluster::size() * warps) / warps;
}

// Uniforms that are float32 or float64 in memory.
struct Uniforms {
    const unsigned* words;
    bool are_double;
};

// One of them as it was loaded: converting waits for the load.
struct Uniform {
    unsigned low, high;
    bool is_double;

    __device__ Uniform(const Uniforms& uniforms, int64_t index) : low(0), high(0), is_double(uniforms.are_double) {
        const unsigned* word = uniforms.words + index * (is_double ? 2 : 1);
        low = word[0];
        if (is_double) high = word[1];
    }

    __device__ double value() const {
        return is_double ? __hiloint2double(static_cast<int>(high), static_cast<int>(low))
                         : static_cast<double>(__uint_as_float(low));
    }
};

// Whether every row that starts at `rows` plus multiples of `strides` can be read in 16-byte loads.
inline bool are_aligned(const float* rows, int vocabulary, int64_t stride, int64_t other_stride = 0) {
    return reinterpret_cast<uintptr_t>(rows) % sizeof(float4) == 0 && vocabulary % kQuad == 0 &&
           stride % kQuad == 0 && other_stride % kQuad == 0;
}

}  // namespace draftproof
