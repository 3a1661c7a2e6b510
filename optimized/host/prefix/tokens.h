// Runs of tokens and of slots: how many two of them share, and which count upwards.
//
// Two runs are compared by the C library's memcmp, the fastest loop on every machine: in blocks of 2 KiB, and of 64
// bytes where they differ. Slots are compared, 64 at once, to the run that they should be: compilers make vectors of
// that, but not of a loop that compares.
#pragma once
#include <cstdint>
#include <cstring>

namespace draftproof {

// How many tokens `a` and `b` have in common at their beginning.
inline uint32_t common(const int32_t* a, const int32_t* b, uint32_t count) {
    constexpr uint32_t kBlock = 512, kStep = 16;
    uint32_t i = 0;
    while (i + kBlock <= count && std::memcmp(a + i, b + i, sizeof(int32_t) * kBlock) == 0) i += kBlock;
    while (i + kStep <= count && std::memcmp(a + i, b + i, sizeof(int32_t) * kStep) == 0) i += kStep;
    while (i < count && a[i] == b[i]) i++;
    return i;
}

// How many of `slots` count upwards by one from the first.
inline uint32_t ascending(const int32_t* slots, uint32_t count) {
    constexpr uint32_t kStep = 64;
    const uint32_t first = static_cast<uint32_t>(slots[0]);
    uint32_t i = 0;
    for (; i + kStep <= count; i += kStep) {
        uint32_t expected[kStep];
        for (uint32_t k = 0; k < kStep; k++) expected[k] = first + i + k;
        if (std::memcmp(slots + i, expected, sizeof(expected)) != 0) break;
    }
    while (i < count && static_cast<uint32_t>(slots[i]) == first + i) i++;
    return i;
}

// Copies slots; returns how many of them count upwards by one from the first. The copy and the look at it cost one
// pass: a vector of eight is loaded, stored and held against the eight that should be there.
inline uint32_t copy_run(int32_t* to, const int32_t* from, uint32_t count) {
    using Lanes = uint32_t __attribute__((vector_size(32)));
    constexpr uint32_t kLanes = 8, kStep = 64;
    const uint32_t first = static_cast<uint32_t>(from[0]);
    Lanes expected = Lanes{0, 1, 2, 3, 4, 5, 6, 7} + first;
    uint32_t i = 0;
    for (; i + kStep <= count; i += kStep) {
        Lanes wrong{};
        for (uint32_t k = 0; k < kStep; k += kLanes, expected += kLanes) {
            Lanes seen;
            std::memcpy(&seen, from + i + k, sizeof(seen));
            std::memcpy(to + i + k, &seen, sizeof(seen));
            wrong |= seen ^ expected;
        }
        uint64_t parts[4];
        std::memcpy(parts, &wrong, sizeof(parts));
        if ((parts[0] | parts[1] | parts[2] | parts[3]) != 0) break;
    }
    std::memcpy(to + i, from + i, sizeof(int32_t) * (count - i));
    while (i < count && static_cast<uint32_t>(from[i]) == first + i) i++;
    return i;
}

}  // namespace draftproof
