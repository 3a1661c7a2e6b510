// What the tree's calls are told and say; tree.py has the same numbers.
#pragma once
#include <cstdint>

namespace draftproof {

enum class Policy { lru, mru, fifo, lfu, priority };

// What a call refuses; tree.py says it in words.
enum Refusal : int {
    kNoSuchNode = -1,
    kStale = -2,
    kNotLocked = -3,
    kNotNew = -4,
    kNegative = -5,
    kNoPage = -6,
    kTooLong = -7,
    kClosed = -8,
    kLocked = -9,
    kNoGeneration = -10
};

struct Found {
    int32_t node;
    uint32_t length;
    uint32_t excess;  // tokens of the node's edge past `length`
};

}  // namespace draftproof
