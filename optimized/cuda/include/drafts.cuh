// How much of a drafted chain can be used, and how its outcome is written. One warp per request.
#pragma once
#include <cstdint>

#include "cluster.cuh"
#include "status.cuh"

namespace draftproof {

// Int32 ids of one request, `stride` apart.
struct Ids {
    const int* first;
    int64_t stride;

    __device__ int at(int i) const { return first[i * stride]; }
};

// How many drafts come before the first that is no id, and what was wrong; ids and length are untrusted.
struct Usable {
    int length;
    int status;
};

// One warp. `given` may be null: then all `width` drafts count.
__device__ inline Usable usable_drafts(const Ids& drafts, int width, const int* given, unsigned vocabulary) {
    Usable usable{width, kOk};
    if (given != nullptr) {
        usable.length = min(max(*given, 0), width);
        if (*given != usable.length) usable.status |= kInvalidLength;
    }
#pragma unroll 1
    for (int base = 0; base < usable.length; base += kWarp) {
        const int i = base + static_cast<int>(threadIdx.x % kWarp);
        const bool wrong = i < usable.length && static_cast<unsigned>(drafts.at(i)) >= vocabulary;
        const unsigned lanes = __ballot_sync(kAllLanes, wrong);
        if (lanes) {
            usable.length = base + __ffs(lanes) - 1;
            usable.status |= kInvalidToken;
        }
    }
    return usable;
}

// One warp: the accepted drafts, the last token, then -1, into `out` [width + 1].
__device__ inline void write_tokens(const Ids& drafts, int width, int accepted, int last, int* out) {
#pragma unroll 1
    for (int i = threadIdx.x % kWarp; i <= width; i += kWarp) {
        out[i] = i < accepted ? drafts.at(i) : i == accepted ? last : -1;
    }
}

}  // namespace draftproof
