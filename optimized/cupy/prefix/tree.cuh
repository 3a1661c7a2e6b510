// The flat tree: one row per node, a table of children, the tokens of all edges. Every number in it is untrusted: a
// node is compared with the number of rows, an edge with the number of tokens, before it is followed.
#pragma once

#include "views.cuh"

constexpr int LANES = 32;
constexpr unsigned ALL_LANES = 0xFFFFFFFFu;

// Bits of the status of a request.
constexpr int INVALID_TREE = 8;
constexpr int INVALID_LENGTH = 16;

// Columns of a node's row.
enum Column { PARENT, START, LENGTH, END, KEY, BORN, SECRET_LOW, SECRET_HIGH };

// Whether a node's edge is one or more whole pages that lie inside `tokens` tokens.
__device__ inline bool holds_pages(const View<int, 2>& nodes, int node, int page_size, long long tokens) {
    const long long start = nodes.at(node, START), length = nodes.at(node, LENGTH);
    return length >= page_size && length % page_size == 0 && start >= 0 && start + length <= tokens;
}

__device__ inline unsigned mix(unsigned word) {
    word = (word ^ word >> 16) * 0x85EBCA6Bu;
    word = (word ^ word >> 13) * 0xC2B2AE35u;
    return word ^ word >> 16;
}

// The hash of the child of `node` whose edge begins with a page of that fingerprint.
__device__ inline unsigned bucket(int node, unsigned key) {
    return mix(key ^ static_cast<unsigned>(node) * 0x9E3779B1u);
}
