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
constexpr int kRowWords = 8;  // of a node's row: parent, start, length, end; key, born, low and high word of the secret

// A size as the rows' int32 can reach it.
inline unsigned reachable(int64_t size) { return static_cast<unsigned>(size < UINT32_MAX ? size : UINT32_MAX); }

// Division of a number that is not negative by a constant of at least 1: a product and a shift.
struct Divisor {
    unsigned by, factor;
    int shift;

    explicit Divisor(unsigned by) : by(by), factor(0), shift(31) {
        while ((1ull << (shift - 31)) < by) ++shift;
        factor = static_cast<unsigned>(((1ull << shift) + by - 1) / by);
    }
    __device__ int quotient(int number) const {
        return static_cast<int>((static_cast<uint64_t>(static_cast<unsigned>(number)) * factor) >> shift);
    }
    __device__ int rounded_down(int number) const { return quotient(number) * static_cast<int>(by); }
    __device__ bool divides(int number) const { return rounded_down(number) == number; }
};

struct Row {
    int parent, start, length, end, key;

    __device__ static Row load(const int* nodes, int node) {
        const int* row = nodes + static_cast<int64_t>(node) * kRowWords;
        const int4 first = __ldg(reinterpret_cast<const int4*>(row));
        return {first.x, first.y, first.z, first.w, __ldg(row + 4)};
    }

    // Whether the edge is one or more whole pages that lie inside `tokens` tokens. No branches: a walk waits for it.
    __device__ bool holds_pages(const Divisor& page, unsigned tokens) const {
        const unsigned end_of_edge = static_cast<unsigned>(start) + static_cast<unsigned>(length);
        return (length >= static_cast<int>(page.by)) & (start >= 0) & page.divides(length) & (end_of_edge <= tokens);
    }
};

__device__ inline unsigned mix(unsigned word) {
    word = (word ^ word >> 16) * 0x85EBCA6Bu;
    word = (word ^ word >> 13) * 0xC2B2AE35u;
    return word ^ word >> 16;
}

// The 64 bits under which the pages of a tree are hashed: who does not know them cannot make pages that collide.
struct Secret {
    unsigned low, high;

    __device__ static Secret load(const int* nodes, int node) {
        const int2 words = __ldg(reinterpret_cast<const int2*>(nodes + static_cast<int64_t>(node) * kRowWords + 6));
        return {static_cast<unsigned>(words.x), static_cast<unsigned>(words.y)};
    }

    // What the token at a place adds to its page's sum: bits 32 to 63 of its product with that place's factor.
    __device__ unsigned term(int token, int place) const {
        const unsigned word = static_cast<unsigned>(token), step = (static_cast<unsigned>(place) + 1u) * 0x9E3779B9u;
        return mix(high + step) * word + __umulhi(mix(low + step), word);
    }
};

// One warp: the fingerprint of a page, in all lanes.
__device__ inline unsigned fingerprint(const int* page, int page_size, const Secret& secret) {
    if (page_size == 1) return secret.term(*page, 0);
    unsigned sum = 0;
#pragma unroll 1
    for (int i = threadIdx.x % kWarp; i < page_size; i += kWarp) sum += secret.term(page[i], i);
    return __reduce_add_sync(kAllLanes, sum);
}

__device__ inline unsigned bucket(int node, unsigned key) {
    return mix(key ^ static_cast<unsigned>(node) * 0x9E3779B1u);
}

// Has `lines` lines of memory brought into L2, without waiting for them: every `threads`-th, from `thread` on.
__device__ inline void prefetch(const void* memory, unsigned lines, unsigned thread, unsigned threads) {
#pragma unroll 1
    for (unsigned line = thread; line < lines; line += threads) {
        const char* address = static_cast<const char*>(memory) + static_cast<int64_t>(line) * kLine;
        asm volatile("prefetch.global.L2 [%0];" ::"l"(address));
    }
}

// How many lines a run of int32 fills.
__device__ inline unsigned lines_of(int64_t words) { return static_cast<unsigned>((words * 4 + kLine - 1) / kLine); }

// One word from global to shared memory, on its way until `await_copies`.
__device__ inline void copy_word(int* to, const int* from) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(
                     static_cast<unsigned>(__cvta_generic_to_shared(to))),
                 "l"(from)
                 : "memory");
}

// Waits for the copies of this thread.
__device__ inline void await_copies() { asm volatile("cp.async.wait_all;" ::: "memory"); }

}  // namespace draftproof
