// verify_chain_greedy: accept drafts while they equal the target's tokens, then emit the target's next one.
//
// Bytes.  8 per draft read, 4 per draft written: nothing. The launch is the cost.
// Layout. One warp per request, one lane per draft: a ballot of the lanes that differ has its lowest bit at the
//         first rejection.

#include "speculative/drafts.cuh"

extern "C" __global__ void __launch_bounds__(LANES) verify_chain_greedy(
    View<int, 2> draft_tokens, View<int, 1> draft_lengths, View<int, 2> target_tokens, int K,
    int* tokens, int* accepted, int* status) {
    const long long b = blockIdx.x;
    const View<int, 1> drafts = draft_tokens[b], targets = target_tokens[b];
    int flags = 0;

    const int given = draft_lengths.data ? draft_lengths.at(b) : K;
    const long long any_id = 1ll << 31;  // the vocabulary is not known here: only a negative id is invalid
    const int length = usable_drafts(drafts, given, K, any_id, flags);
    const int run = first_where(length, [&](int i) { return drafts.at(i) != targets.at(i); });
    const int last = max(targets.at(run), -1);

    if (last < 0) flags |= DEGENERATE;
    emit(tokens + b * (K + 1), drafts, run, last, K);
    if (threadIdx.x == 0) {
        accepted[b] = run;
        status[b] = flags;
    }
}
