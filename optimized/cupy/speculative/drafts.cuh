// What the verifiers share: how much of a drafted chain can be used, and how the answer is written.
#pragma once

#include "distribution.cuh"

// The first i < count for which `holds(i)`, or count. One lane per draft; every warp of the block finds
// the same answer by itself, so that no shared memory and no barrier are needed.
template <class Predicate>
__device__ int first_where(int count, Predicate holds) {
    for (int start = 0; start < count; start += LANES) {
        const int i = start + threadIdx.x % LANES;
        const unsigned lanes = __ballot_sync(ALL_LANES, i < count && holds(i));
        if (lanes) return start + __ffs(lanes) - 1;
    }
    return count;
}

// The number of drafts before the first whose id is outside [0, vocabulary); notes in `flags` what was wrong.
__device__ inline int usable_drafts(const View<int, 1>& drafts, int length, int K, long long vocabulary, int& flags) {
    if (length < 0 || length > K) {
        length = min(max(length, 0), K);
        flags |= INVALID_LENGTH;
    }
    const int usable = first_where(length, [&](int i) { return drafts.at(i) < 0 || drafts.at(i) >= vocabulary; });
    if (usable < length) flags |= INVALID_TOKEN;
    return usable;
}

// tokens[0..K] = the accepted drafts, the last token, then -1.
__device__ inline void emit(int* tokens, const View<int, 1>& drafts, int accepted, int last, int K) {
    for (int i = threadIdx.x; i <= K; i += blockDim.x) {
        tokens[i] = i < accepted ? drafts.at(i) : i == accepted ? last : -1;
    }
}
