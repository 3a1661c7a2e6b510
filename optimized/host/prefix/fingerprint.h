// The keyed hash of a page, by which a node's child is found: who does not know the tree's secret cannot make pages
// that share it.
//
// Multilinear hashing (Carter and Wegman 1979; Lemire and Kaser 2014): token i is multiplied by a factor of 64 bits
// that follows from the secret and i, bits 32 to 63 of the product count, and their sum is the fingerprint. Two pages
// share it for one secret in 2^31. The factors of the first places are kept; larger pages make theirs as they go.
#pragma once
#include <cstdint>

#include "column.h"

namespace draftproof {

constexpr uint32_t kGolden = 0x9E3779B9u;

inline uint32_t mix(uint32_t x) {
    x ^= x >> 16;
    x *= 0x85EBCA6Bu;
    x ^= x >> 13;
    x *= 0xC2B2AE35u;
    return x ^ x >> 16;
}

inline uint32_t bucket(int32_t node, uint32_t key) {
    return mix(key ^ static_cast<uint32_t>(node) * 0x9E3779B1u);
}

class Fingerprint {
  public:
    Fingerprint(uint32_t page_size, uint64_t secret)
        : secret_(secret), page_size_(page_size), kept_(page_size < kMost ? page_size : kMost) {
        high_.resize(kept_);
        low_.resize(kept_);
        for (uint32_t i = 0; i < kept_; i++) high_[i] = high(i), low_[i] = low(i);
    }

    uint64_t secret() const { return secret_; }
    size_t bytes() const { return high_.bytes() + low_.bytes(); }

    uint32_t operator()(const int32_t* page) const {
        const uint32_t *high_factors = high_.data(), *low_factors = low_.data();
        uint32_t sum = term(page[0], high_factors[0], low_factors[0]);
        for (uint32_t i = 1; i < kept_; i++) sum += term(page[i], high_factors[i], low_factors[i]);
        for (uint32_t i = kept_; i < page_size_; i++) sum += term(page[i], high(i), low(i));
        return sum;
    }

  private:
    static constexpr uint32_t kMost = 256;

    uint32_t high(uint32_t i) const { return mix(static_cast<uint32_t>(secret_ >> 32) + (i + 1) * kGolden); }
    uint32_t low(uint32_t i) const { return mix(static_cast<uint32_t>(secret_) + (i + 1) * kGolden); }

    // Bits 32 to 63 of (high * 2^32 + low) * token.
    static uint32_t term(int32_t token, uint32_t high, uint32_t low) {
        const uint32_t word = static_cast<uint32_t>(token);
        return high * word + static_cast<uint32_t>(uint64_t{low} * word >> 32);
    }

    uint64_t secret_;
    uint32_t page_size_, kept_;
    Column<uint32_t> high_, low_;
};

}  // namespace draftproof
