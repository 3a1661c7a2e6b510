// Of the tree's memory: its bytes, a copy of it, what is given back.
#pragma once
#include "tree.h"

namespace draftproof {

inline RadixTree::RadixTree(const RadixTree& other)
    : page_size_(other.page_size_),
      policy_(other.policy_),
      fingerprint_(other.fingerprint_),
      clock_(other.clock_),
      epoch_(other.epoch_),
      origin_(other.origin_),
      cached_(other.cached_),
      locked_(other.locked_),
      generation_(other.generation_),
      opened_(other.opened_),
      nodes_(other.nodes_),
      arena_(other.arena_, nodes_),
      table_(other.table_, nodes_),
      heap_(other.heap_, nodes_),
      owned_(other.owned_),
      held_(other.held_) {}

inline size_t RadixTree::bytes() const {
    // A held lock: two ids, a link, and what the allocator adds.
    const size_t held = 32 * held_.size() + sizeof(void*) * held_.bucket_count();
    return sizeof(*this) + nodes_.bytes() + arena_.bytes() + table_.bytes() + heap_.bytes() + owned_.bytes() + held +
           fingerprint_.bytes();
}

inline void RadixTree::release() {
    held_.rehash(0);
    table_.release(static_cast<uint32_t>(nodes_.count()), generation_);
    arena_.release(generation_);
    nodes_.release();
    heap_.release(static_cast<size_t>(nodes_.rows_used()));
    owned_.release_empty();
}

inline void RadixTree::tokens(int32_t* out) const {
    for (int32_t node = 0; node < nodes_.rows_used(); node++) {
        if (!nodes_.alive(node)) continue;
        const uint32_t length = nodes_.length(node);
        if (length > 0) std::memcpy(out, &arena_.tokens[nodes_.edge[node].start], sizeof(int32_t) * length);
        out += length;
    }
}

}  // namespace draftproof
