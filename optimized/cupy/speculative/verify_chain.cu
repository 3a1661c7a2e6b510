// verify_chain: accept a prefix of a drafted chain and draw one more token, so that the target's law is kept.
//
// Rule.   Token (arXiv 2211.17192): accept draft x_i while u_i q_i(x_i) < p_i(x_i); at the first rejection
//         draw from relu(p_i - q_i), after K acceptances from p_{K+1}.
//         Block (arXiv 2403.10444): P_0 = 1, P_i = min(1, P_{i-1} p_i(x_i) / q_i(x_i)); position i passes iff
//         u_i < h_i, h_K = P_K, else h_i = S / (S + 1 - P_i) with S = sum relu(P_i p_{i+1} - q_{i+1}). The
//         last position tau that passes is accepted with all before it; draw from relu(P_tau p - q).
//         A row p without mass ends the chain: the draft before it is judged as the last one.
// Bytes.  Two numbers per draft, then the two rows (8 V bytes) of the one position that is drawn from; only
//         p (4 V bytes) if all drafts are accepted. No other row is read, by the block rule hardly ever:
//         h_i <= P_i for rows that sum to 1, so that it goes down from the last position and skips every one
//         with u_i >= P_i (1 + 1e-4), the margin being for rows that sum to 1 only roughly.
// Layout. One thread block of 1024 threads per request. One lane judges one draft; then all threads sum
//         the row that decides (see distribution.cuh) and narrow the draw down to one id.
// Why.    The row that is needed is known only after the drafts are judged: with the whole request in one
//         block that is a branch, not a second launch, and no scratch memory is needed.

#include "speculative/drafts.cuh"

// How many drafts are accepted, and the rate P there: the token rule's is 1.
struct Position {
    int accepted;
    double rate;
};

// relu(P p - q) over the ids; q is a row, or all on the id `drafted`, or nothing (drafted = -1).
struct Residual {
    const float *p, *q;
    int drafted;
    double rate;
    mutable bool possible;  // whether this thread has seen mass in p

    __device__ double at(long long id, bool& doubtful) const {
        const float p_value = p[id], q_value = q ? q[id] : id == drafted ? 1.0f : 0.0f;
        const double target = mass(p_value, doubtful), weight = rate * target - mass(q_value, doubtful);
        possible |= target > 0.0;
        return weight > 0.0 ? weight : 0.0;
    }
};

struct Chain {
    View<int, 1> drafts;
    int length;            // of the usable drafts
    View<float, 2> q, p;   // [K, V] or None, [K+1, V]
    Uniforms<2> uniforms;  // [B, K]
    long long request;

    __device__ float p_read(int i) const { return p.at(i, drafts.at(i)); }
    __device__ float q_read(int i) const { return q.data ? q.at(i, drafts.at(i)) : 1.0f; }
    __device__ double uniform(int i) const { return uniforms.at(request, i); }

    __device__ bool doubtful_before(int count) const {
        return first_where(count, [&](int i) { return !isfinite(p_read(i)) || !isfinite(q_read(i)); }) < count;
    }

    __device__ Position first_rejected() const {
        bool ignored;
        // float32 times float32 is exact in float64, so that ties are decided as the rule says.
        const auto rejects = [&](int i) {
            return !(uniform(i) * mass(q_read(i), ignored) < mass(p_read(i), ignored));
        };
        return {first_where(length, rejects), 1.0};
    }

    // The last position up to `limit` that may pass. Every thread walks the chain; the loads are the same
    // for all and come from the cache.
    __device__ Position last_that_may_pass(int limit) const {
        bool ignored;
        Position last = {0, 1.0};
        double rate = 1.0;
        for (int i = 1; i <= limit; ++i) {
            const double product = rate * mass(p_read(i - 1), ignored), q = mass(q_read(i - 1), ignored);
            rate = product == 0.0 ? 0.0 : product >= q ? 1.0 : product / q;
            const double bound = i == length ? rate : rate * (1.0 + 1e-4);
            if (uniform(i - 1) < bound) last = {i, rate};
        }
        return last;
    }

    // u_i < h_i, given P_i, the residual's mass S, and whether the target's row has none: then h_i = P_i.
    __device__ bool passes(int i, double rate, double excess, bool last) const {
        const double rest = excess + (1.0 - rate);
        return uniform(i - 1) < (last ? rate : rest == 0.0 ? 1.0 : excess / rest);
    }

    __device__ Residual target(int i) const { return {p.row(i), nullptr, -1, 1.0, false}; }

    __device__ Residual weights(const Position& position) const {
        const int i = position.accepted;
        if (i == length) return target(i);
        return {p.row(i), q.row(i), q.data ? -1 : drafts.at(i), position.rate, false};
    }
};

extern "C" __global__ void __launch_bounds__(THREADS) verify_chain(
    View<int, 2> draft_tokens, View<int, 1> draft_lengths, View<float, 3> draft_probs, View<float, 3> target_probs,
    Uniforms<2> accept_uniforms, Uniforms<1> sample_uniforms, int block_rule, int K, long long V,
    int* tokens, int* accepted, int* status) {
    __shared__ double sums[WARPS];
    const long long b = blockIdx.x;
    int flags = 0;

    const int given = draft_lengths.data ? draft_lengths.at(b) : K;
    const int length = usable_drafts(draft_tokens[b], given, K, V, flags);
    const Chain chain = {draft_tokens[b], length, draft_probs[b], target_probs[b], accept_uniforms, b};

    const Position first = block_rule ? chain.last_that_may_pass(length) : chain.first_rejected();
    int position = first.accepted;
    bool doubtful = chain.doubtful_before(block_rule ? length : min(position + 1, length));
    Residual weights = chain.weights(first);
    for (;;) {
        sum_spans(weights, 0, V, sums, doubtful);
        if (!block_rule || position == 0 || position == length) break;
        // Without mass in the target's row this draft is the chain's last.
        const bool last = !__syncthreads_or(weights.possible);
        if (chain.passes(position, weights.rate, total(sums), last)) break;
        const Position next = chain.last_that_may_pass(position - 1);
        position = next.accepted;
        weights = chain.weights(next);
    }
    if (total(sums) == 0.0) {  // an empty residual falls back to the target's row
        weights = chain.target(position);
        sum_spans(weights, 0, V, sums, doubtful);
    }
    const int last = static_cast<int>(draw(weights, V, sample_uniforms.at(b), sums));

    if (last < 0) flags |= DEGENERATE;
    if (__syncthreads_or(doubtful)) flags |= NAN_SEEN;
    emit(tokens + b * (K + 1), draft_tokens[b], position, last, K);
    if (threadIdx.x == 0) {
        accepted[b] = position;
        status[b] = flags;
    }
}
