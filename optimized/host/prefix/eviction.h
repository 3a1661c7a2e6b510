// Which leaves go: those at the top of the heap, each from its end, until enough is free. Nothing here can fail.
#pragma once
#include "tree.h"

namespace draftproof {

inline void RadixTree::evict(uint64_t count, int32_t* freed) {
    if (count > 0) next_epoch();
    while (count > 0) {
        const int32_t leaf = heap_.top();
        const Edge edge = nodes_.edge[leaf];
        const uint32_t length = nodes_.length(leaf);
        const uint32_t taken = count < length ? static_cast<uint32_t>(count) : length;
        const int32_t* slots = &arena_.slots[edge.start + length - taken];
        if (taken == length) {
            heap_.remove(leaf);
            if (!heap_.empty()) fetch(&arena_.slots[nodes_.edge[heap_.top()].start], nodes_.length(heap_.top()));
        }
        owned_.release(freed, taken, copy_run(freed, slots, taken));
        if (taken < length) {
            nodes_.rows.change(leaf, generation_);
            arena_.cut(leaf, taken);
            nodes_.born[leaf] = age();
        } else if (remove(leaf)) {
            offer(edge.parent);
        }
        cached_ -= taken;
        freed += taken;
        count -= taken;
    }
}

}  // namespace draftproof
