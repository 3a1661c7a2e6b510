// Rows of probabilities as one thread block reads them: what counts as mass, the sum of a row, and the
// draw by inverse CDF.
//
// A block is 1024 threads: 32 warps of 32 lanes. It cuts a range of ids into 32 spans, one per warp:
//
//     ids    begin                                                  end
//            | span 0: warp 0 | span 1: warp 1 |  ...  | span 31: warp 31 |
//              012...31 012...31 ...            lanes side by side: each load of a warp is 128 bytes in a row
//
// The 32 sums are a coarse histogram of the row. A draw finds the span in which cdf(t) passes u * total,
// cuts that span into 32 again, and so on: 128,256 ids, 4,008, 126, 4, 1. Only the first cut reads the
// whole row; the next one reads 1/32 of it, which the level-2 cache still holds.
//
// Every sum is taken in float64 and in an order that depends on the row's length alone: the answer is
// the oracle's up to 1e-16 and does not change with the batch around the row. The kernels wait for
// memory, not for arithmetic, so that float64 costs little.
#pragma once

#include "views.cuh"

constexpr int LANES = 32;
constexpr int WARPS = 32;
constexpr int THREADS = WARPS * LANES;
constexpr unsigned ALL_LANES = 0xFFFFFFFFu;

// Bits of the status of a request.
constexpr int DEGENERATE = 1;
constexpr int INVALID_TOKEN = 2;
constexpr int NAN_SEEN = 4;
constexpr int INVALID_LENGTH = 16;

// A NaN, an infinity and a negative number carry no mass; the first two are reported.
__device__ inline double mass(float value, bool& doubtful) {
    doubtful |= !isfinite(value);
    return isfinite(value) && value > 0.0f ? value : 0.0;
}

__device__ inline long long span_length(long long ids) { return (ids + WARPS - 1) / WARPS; }

// sums[k] = sum of weights.at(t) over the k-th of the 32 spans of [begin, end), for all threads to read.
template <class Weights>
__device__ void sum_spans(const Weights& weights, long long begin, long long end, double* sums, bool& doubtful) {
    const int warp = threadIdx.x / LANES, lane = threadIdx.x % LANES;
    const long long length = span_length(end - begin);
    const long long first = begin + warp * length;
    const long long last = min(first + length, end);

    double sum = 0.0;
#pragma unroll 8
    for (long long id = first + lane; id < last; id += LANES) sum += weights.at(id, doubtful);
    // 16 lanes add their upper neighbours' sums, then 8, 4, 2, 1: lane 0 ends with the warp's.
    for (int distance = LANES / 2; distance > 0; distance /= 2) {
        sum += __shfl_down_sync(ALL_LANES, sum, distance);
    }
    __syncthreads();  // everybody has read the sums of the call before
    if (lane == 0) sums[warp] = sum;
    __syncthreads();
}

__device__ inline double total(const double* sums) {
    double sum = 0.0;
#pragma unroll 8
    for (int span = 0; span < WARPS; ++span) sum += sums[span];
    return sum;
}

// The smallest id t with w(t) > 0 and cdf(t) > uniform * total, or -1 for a row without mass.
// `sums` holds the sums over the whole row [0, ids) and is overwritten.
template <class Weights>
__device__ long long draw(const Weights& weights, long long ids, double uniform, double* sums) {
    const double goal = uniform * total(sums);
    long long begin = 0, end = ids;
    double before = 0.0;  // the mass of the ids before `begin`
    bool ignored = false;
    for (;;) {
        const long long length = span_length(end - begin);
        int chosen = -1;
        bool passed = false;
        double running = before;
        // No early exit: the 32 reads then overlap. If rounding keeps the cdf from passing the goal, the
        // last span with mass stays chosen.
#pragma unroll 8
        for (int span = 0; span < WARPS; ++span) {
            const double upto = running + sums[span];
            if (!passed && sums[span] > 0.0) {
                chosen = span;
                before = running;
                passed = upto > goal;
            }
            running = upto;
        }
        if (chosen < 0) return -1;
        begin += chosen * length;
        end = min(begin + length, end);
        if (length == 1) return begin;
        sum_spans(weights, begin, end, sums, ignored);
    }
}
