// uniforms: Philox4x32-10 (Salmon et al. 2011), elements offset .. offset + count - 1 of each seed's stream.
//
// Bytes: 4 count + 16 per row. A Philox block is some 70 integer instructions for 16 bytes, so large counts run
// at the rate of the stores.
//
// Layout: one thread per Philox block of a row: it computes four words once and writes those of them that
// belong to the row. The offset may begin inside a block.
#include <cstdint>

#include "cluster.cuh"

namespace draftproof {

constexpr int kThreads = 256;
constexpr int kWords = 4;

struct Streams {
    const int64_t* seeds;
    int64_t seeds_row;  // stride
    const int64_t* offsets;
    int64_t offsets_row;
    float* out;
    int64_t rows, count;
};

// Philox blocks that `count` consecutive elements can touch.
__host__ __device__ inline int64_t blocks_of(int64_t count) { return (count + 2 * (kWords - 1)) / kWords; }

__device__ inline uint4 philox(uint64_t counter, uint64_t key) {
    uint32_t words[kWords] = {static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32), 0, 0};
    uint32_t low = static_cast<uint32_t>(key), high = static_cast<uint32_t>(key >> 32);
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        const uint64_t first = static_cast<uint64_t>(0xD2511F53u) * words[0];
        const uint64_t second = static_cast<uint64_t>(0xCD9E8D57u) * words[2];
        words[0] = static_cast<uint32_t>(second >> 32) ^ words[1] ^ low;
        words[1] = static_cast<uint32_t>(second);
        words[2] = static_cast<uint32_t>(first >> 32) ^ words[3] ^ high;
        words[3] = static_cast<uint32_t>(first);
        low += 0x9E3779B9u;
        high += 0xBB67AE85u;
    }
    return make_uint4(words[0], words[1], words[2], words[3]);
}

__device__ inline float unit(uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

__global__ void __launch_bounds__(kThreads) uniforms(const Streams streams) {
    const int64_t thread = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
    const int64_t per_row = blocks_of(streams.count);
    const int64_t row = thread / per_row, block = thread % per_row;
    if (row >= streams.rows) return;
    const uint64_t offset = static_cast<uint64_t>(streams.offsets[row * streams.offsets_row]);
    const uint64_t number = (offset / kWords + block) & (UINT64_MAX / kWords);  // wraps as the offset does
    const uint4 words = philox(number, static_cast<uint64_t>(streams.seeds[row * streams.seeds_row]));
    const int64_t begin = block * kWords - static_cast<int64_t>(offset % kWords);
    const float values[kWords] = {unit(words.x), unit(words.y), unit(words.z), unit(words.w)};
    float* out = streams.out + row * streams.count;
#pragma unroll
    for (int k = 0; k < kWords; ++k) {
        if (begin + k >= 0 && begin + k < streams.count) out[begin + k] = values[k];
    }
}

}  // namespace draftproof

extern "C" int draftproof_uniforms(const int64_t* seeds, int64_t seeds_row, const int64_t* offsets,
                                   int64_t offsets_row, float* out, int64_t rows, int64_t count, void* stream) {
    using namespace draftproof;
    const int64_t blocks = (rows * blocks_of(count) + kThreads - 1) / kThreads;
    return launch(uniforms, blocks, kThreads, 1, stream,
                  Streams{seeds, seeds_row, offsets, offsets_row, out, rows, count});
}
