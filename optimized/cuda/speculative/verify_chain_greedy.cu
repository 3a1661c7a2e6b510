// verify_chain_greedy: accept drafts while they equal the target's tokens, then emit the target's next one.
//
// Bytes: 4 (3 K + 2) per request and its length, a few hundred in all: the launch is the cost.
// Layout: one warp per request, one lane per draft, 32 drafts at a time; eight requests per block.
#include "drafts.cuh"

namespace draftproof {

constexpr int kRequests = 8;  // per block
constexpr unsigned kIds = 0x80000000u;  // every id that is not negative

struct Greedy {
    const int* tokens;
    int64_t tokens_request, tokens_position;
    const int* lengths;  // null: K for all
    int64_t lengths_request;
    const int* target;
    int64_t target_request, target_position;
    int* out_tokens;
    int* out_accepted;
    int* out_status;
    int64_t requests;
    int width;
};

__global__ void __launch_bounds__(kRequests * kWarp) verify_chain_greedy(const Greedy greedy) {
    const int64_t request = static_cast<int64_t>(blockIdx.x) * kRequests + threadIdx.x / kWarp;
    if (request >= greedy.requests) return;
    const Ids drafts{greedy.tokens + request * greedy.tokens_request, greedy.tokens_position};
    const Ids target{greedy.target + request * greedy.target_request, greedy.target_position};
    const int* given = greedy.lengths ? greedy.lengths + request * greedy.lengths_request : nullptr;
    const Usable usable = usable_drafts(drafts, greedy.width, given, kIds);
    int accepted = usable.length;
#pragma unroll 1
    for (int base = 0; base < usable.length; base += kWarp) {
        const int i = base + static_cast<int>(threadIdx.x % kWarp);
        const unsigned differ = __ballot_sync(kAllLanes, i < usable.length && drafts.at(i) != target.at(i));
        if (differ) {
            accepted = base + __ffs(differ) - 1;
            break;
        }
    }
    const int last = max(target.at(accepted), -1);
    write_tokens(drafts, greedy.width, accepted, last, greedy.out_tokens + request * (greedy.width + 1));
    if (threadIdx.x % kWarp == 0) {
        greedy.out_accepted[request] = accepted;
        greedy.out_status[request] = usable.status | (last < 0 ? kDegenerate : 0);
    }
}

}  // namespace draftproof

extern "C" int draftproof_verify_chain_greedy(const int* tokens, int64_t tokens_request, int64_t tokens_position,
                                              const int* lengths, int64_t lengths_request, const int* target,
                                              int64_t target_request, int64_t target_position, int* out_tokens,
                                              int* out_accepted, int* out_status, int64_t requests, int width,
                                              void* stream) {
    using namespace draftproof;
    const Greedy greedy{tokens, tokens_request, tokens_position, lengths, lengths_request, target, target_request,
                        target_position, out_tokens, out_accepted, out_status, requests, width};
    const int64_t blocks = (requests + kRequests - 1) / kRequests;
    return launch(verify_chain_greedy, blocks, kRequests * kWarp, 1, stream, greedy);
}
