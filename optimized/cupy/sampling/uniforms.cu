// uniforms: Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011), a function of seed and element number alone.
//
// Bytes.  4 written per element.
// Layout. One thread per element, 256 to a block, elements of a request side by side; each thread computes its
//         whole Philox block of four words and keeps one.
// Why.    Sharing a block among four threads would cost an exchange to save arithmetic that a write hides.

#include "views.cuh"

constexpr int ROUNDS = 10;

struct Words {
    unsigned word[4];
};

__device__ inline Words philox4x32(unsigned long long counter, unsigned long long key) {
    Words w = {{static_cast<unsigned>(counter), static_cast<unsigned>(counter >> 32), 0u, 0u}};
    unsigned key0 = static_cast<unsigned>(key), key1 = static_cast<unsigned>(key >> 32);
    for (int round = 0; round < ROUNDS; ++round) {
        const unsigned high0 = __umulhi(0xD2511F53u, w.word[0]), low0 = 0xD2511F53u * w.word[0];
        const unsigned high1 = __umulhi(0xCD9E8D57u, w.word[2]), low1 = 0xCD9E8D57u * w.word[2];
        w = {{high1 ^ w.word[1] ^ key0, low1, high0 ^ w.word[3] ^ key1, low0}};
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return w;
}

extern "C" __global__ void uniforms(
    View<long long, 1> seeds, View<long long, 1> offsets, long long elements, long long count, float* out) {
    const long long element = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (element >= elements) return;
    const long long b = element / count, j = element % count;

    // Unsigned arithmetic wraps modulo 2^64, as the element's number is meant to.
    const unsigned long long number = static_cast<unsigned long long>(offsets.at(b)) + j;
    const Words words = philox4x32(number / 4, seeds.at(b));
    const int chosen = number % 4;
    const unsigned word = chosen == 0 ? words.word[0] : chosen == 1 ? words.word[1] : chosen == 2 ? words.word[2] : words.word[3];
    out[element] = (word >> 8) * 0x1p-24f;  // 24 bits: exact in float32, and below 1
}
