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

// All threads of the cluster: sums the row's tiles and sends them to all blocks. Tiles are dealt to the blocks one by
// one, so that each has some: blocks hear of each other's progress by sums alone, and one without any could be overrun.
template <bool kAligned, bool kDraft>
__device__ inline void share_tile_sums(const Row& row, const Tiling& tiling, Sums& sums) {
    const int lane = threadIdx.x % kWarp, blocks = Cluster::size();
    const int stride = blocks * (blockDim.x / kWarp);
    if (threadIdx.x == 0) sums.expect(tiling.count);
#pragma unroll 1
    for (int tile = Cluster::rank() + blocks * warp_index(); tile < tiling.count; tile += stride) {
        const double sum = tile_sum<kAligned, kDraft>(row.tile(tiling, tile));
        if (lane < blocks) sums.send(lane, slot_of(tile), sum);
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

// One warp: finds the tile from the sums that came in exchange number `exchange` of their mailbox. Each lane looks for
// the crossing among its own tiles at once; the lane that has it tells the others.
__device__ inline Place locate(Sums& mailbox, int exchange, const Tiling& tiling, double uniform) {
    mailbox.await(exchange);
    const int lane = threadIdx.x % kWarp;
    double sums[kTilesPerLane], before[kTilesPerLane];
    double own = 0.0;
    bool seen = false;
#pragma unroll
    for (int k = 0; k < kTilesPerLane; ++k) {
        const double sum = lane * kTilesPerLane + k < tiling.count ? mailbox.slots[k * kWarp + lane] : 0.0;
        seen |= signbit(sum);
        sums[k] = fabs(sum);
        before[k] = own;
        own += sums[k];
    }
    const double through = scan_lanes(own);
    Place place;
    place.total = __shfl_sync(kAllLanes, through, kWarp - 1);
    place.seen = __any_sync(kAllLanes, seen);
    place.threshold = uniform * place.total;
    const int group = crossing_lane(own, through, 0.0, place.threshold);
    double cdf = 0.0;
    int member = 0;
    bool crossed = false;
#pragma unroll
    for (int k = 0; k < kTilesPerLane; ++k) {
        if (sums[k] > 0.0 && !crossed) {
            member = k;
            cdf = (through - own) + before[k];
            crossed = cdf + sums[k] > place.threshold;
        }
    }
    member = __shfl_sync(kAllLanes, member, group);
    place.cdf = __shfl_sync(kAllLanes, cdf, group);
    place.tile = group < 0 ? -1 : group * kTilesPerLane + member;
    return place;
}

// One warp: the drawn id, inside a tile of mass: first the lane in whose run of adjacent elements the CDF passes the
// threshold, then the element of that run. Two scans, where chunk after chunk would need one for each.
template <bool kAligned, bool kDraft>
__device__ inline int search(const Row& row, const Tiling& tiling, const Place& place) {
    const Row tile = row.tile(tiling, place.tile);
    const int lane = threadIdx.x % kWarp, run = tiling.width / kWarp;
    double own = 0.0;
#pragma unroll 1
    for (int at = lane * run; at < (lane + 1) * run; at += kInFlight * kQuad) {
        Quad p[kInFlight], q[kInFlight] = {};
#pragma unroll
        for (int k = 0; k < kInFlight; ++k) p[k] = load_quad<kAligned>(tile.target, at + k * kQuad, tile.length);
        if (kDraft && tile.draft != nullptr) {
#pragma unroll
            for (int k = 0; k < kInFlight; ++k) q[k] = load_quad<kAligned>(tile.draft, at + k * kQuad, tile.length);
        }
        double sums[kInFlight];
#pragma unroll
        for (int k = 0; k < kInFlight; ++k) {
            sums[k] = sum_exactly(weights_of<kDraft>(tile, at + k * kQuad, p[k], q[k]));
        }
        own += (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }
    double through = scan_lanes(own), cdf = place.cdf;
    const int group = max(0, crossing_lane(own, through, cdf, place.threshold));
    cdf += __shfl_sync(kAllLanes, through - own, group);
    int chosen = 0;
    bool crossed = false;
#pragma unroll 1
    for (int at = 0; at < run && !crossed; at += kWarp) {
        const int element = group * run + at + lane;
        own = at + lane < run && element < tile.length ? load_weight<kDraft>(tile, element) : 0.0;
        through = scan_lanes(own);
        const int member = crossing_lane(own, through, cdf, place.threshold);
        if (member >= 0) chosen = group * run + at + member;  // the last of mass, if rounding leaves no crossing
        cdf += __shfl_sync(kAllLanes, through, kWarp - 1);
        crossed = __any_sync(kAllLanes, own > 0.0 && cdf > place.threshold);
    }
    return place.tile * tiling.width + chosen;
}

// The rank of the block that summed `tile`; 0 if there is no tile.
__device__ inline int owner_of(int tile) { return max(tile, 0) % Cluster::size(); }

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
