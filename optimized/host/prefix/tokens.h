// Runs of tokens: how many two of them share, and the fingerprint of a page.
//
// Loops over blocks of 32 tokens without a branch inside, which the compiler turns into vector instructions; a
// block is 128 bytes, so a mismatch is found after at most that much too many.
#pragma once
#include <cstdint>

namespace draftproof {

// How many tokens `a` and `b` have in common at their beginning.
inline uint32_t common(const int32_t* a, const int32_t* b, uint32_t count) {
    uint32_t i = 0;
    for (; i + 32 <= count; i += 32) {
        int32_t difference = 0;
        for (int k = 0; k < 32; k++) difference |= a[i + k] ^ b[i + k];
        if (difference != 0) break;
    }
    while (i < count && a[i] == b[i]) i++;
    return i;
}

// How many of `slots` count upwards by one from the first.
inline uint32_t ascending(const int32_t* slots, uint32_t count) {
    uint32_t i = 0;
    for (; i + 32 <= count; i += 32) {
        uint32_t difference = 0;
        const uint32_t first = static_cast<uint32_t>(slots[0]) + i;
        for (uint32_t k = 0; k < 32; k++) difference |= static_cast<uint32_t>(slots[i + k]) ^ (first + k);
        if (difference != 0) break;
    }
    while (i < count && static_cast<uint32_t>(slots[i]) == static_cast<uint32_t>(slots[0]) + i) i++;
    return i;
}

inline uint32_t mix(uint32_t x) {
    x ^= x >> 16;
    x *= 0x85EBCA6Bu;
    x ^= x >> 13;
    x *= 0xC2B2AE35u;
    return x ^ x >> 16;
}

// For a page of one token this is a bijection: equal fingerprints are equal tokens.
inline uint32_t fingerprint(const int32_t* page, uint32_t page_size) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < page_size; i++) sum += mix(static_cast<uint32_t>(page[i]) ^ i * 0x9E3779B9u);
    return mix(sum);
}

inline uint32_t bucket(int32_t node, uint32_t key) {
    return mix(key ^ static_cast<uint32_t>(node) * 0x9E3779B1u);
}

}  // namespace draftproof
