// The flat tree as the kernels read it: one row per node, a table of children, the tokens of all edges.
//
// Every number in it is untrusted. What a kernel follows it has checked: a node against the number of rows, an edge
// against the number of tokens.
#pragma once
#include <cstdint>

#include "cluster.cuh"
#include "status.cuh"

namespace draftproof {

constexpr int kInvalidTree = 8;
constexpr int kLine = 128;    // bytes that a prefetch brings
constexpr int kRowWords = 8;  // of a node's row: parent, start, length, end; key, born and two that are free

struct Row {
    int parent, start, length, end, key;

    __device__ static Row load(const int* nodes, int node) {
        const int* row = nodes + static_cast<int64_t>(node) * kRowWords;
        const int4 first = __ldg(reinterpret_cast<const int4*>(row));
        return {first.x, first.y, first.z, first.w, __ldg(row + 4)};
    }

    // Whether the edge is one or more whole pages that lie inside `tokens` tokens.
    __device__ bool holds_pages(int page_size, int64_t tokens) const {
        return length >= page_size && length % page_size == 0 && start >= 0 &&
               static_cast<int64_t>(start) + length <= tokens;
    }
};

__device__ inline unsigned mix(unsigned word) {
    word = (word ^ word >> 16) * 0x85EBCA6Bu;
    word = (word ^ word >> 13) * 0xC2B2AE35u;
    return word ^ word >> 16;
}

// One warp: the fingerprint of a page, in all lanes.
__device__ inline unsigned fingerprint(const int* page, int page_size) {
    unsigned sum = 0;
#pragma unroll 1
    for (int i = threadIdx.x % kWarp; i < page_size; i += kWarp) {
        sum += mix(static_cast<unsigned>(page[i]) ^ static_cast<unsigned>(i) * 0x9E3779B9u);
    }
    return mix(__reduce_add_sync(kAllLanes, sum));
}

__device__ inline unsigned bucket(int node, unsigned key) {
    return mix(key ^ static_cast<unsigned>(node) * 0x9E3779B1u);
}

// Has `bytes` of memory brought into L2, without waiting for them: every `threads`-th line, from `thread` on.
__device__ inline void prefetch(const void* memory, int64_t bytes, int64_t thread, int64_t threads) {
    const char* first = static_cast<const char*>(memory);
    for (int64_t at = thread * kLine; at < bytes; at += threads * kLine) {
        asm volatile("prefetch.global.L2 [%0];" ::"l"(first + at));
    }
}

}  // namespace draftproof
