// verify_chain: accept a prefix of a drafted chain and draw one more token, so that the target's law is kept.
//
// Rule, token: accept x_i while u_i q_i(x_i) < p_i(x_i); draw from relu(p - q) at the first rejection, from p
// after the last draft. Rule, block: P_i = min(1, P_{i-1} p_i(x_i) / q_i(x_i)); the last i with u_i < h_i is
// accepted, h_length = P_length and h_i = S / (S + 1 - P_i) with S = sum relu(P_i p - q) before it; draw from
// relu(P p - q) there. An empty residual falls back to p. A row p without mass ends the chain: the draft before it
// is judged as the last one. (Leviathan et al. 2023; Sun et al. 2025.)
//
// Bytes: K ids, uniforms, p(x) and q(x); then one pair of rows of V floats after a rejection, one row after
// none. The block rule goes down from the end, and h_i <= P_i for rows that are distributions: a position with
// u_i >= P_i needs no row, so it reads the pair it draws from and rarely another.
//
// Layout: one cluster of 1 to 16 blocks per request. In every block warp 0 reads the few scalars and decides, which
// costs no exchange; then the cluster shares the row (include/draw.cuh). One launch, no memory besides the
// outputs, and the bits of a request depend on its own inputs alone.
//
// Few requests wait for dependent reads, not for bytes: ids, then p(x) and q(x), then the row. So what hangs on the
// lengths is applied after the scalars are read, and each rule has its own kernel, which is short (see row.cuh).
#include "draw.cuh"
#include "drafts.cuh"

namespace draftproof {

// Most threads per block. The aligned kernel's bound leaves it 64 registers, with which three blocks of 320 threads
// share a multiprocessor; the other one needs more.
constexpr int kThreads = 1024;
constexpr int kThreadsUnaligned = 512;
constexpr double kSlack = 1.0 + 1e-4;  // how far rounding may lift h above P

enum Rule { kToken = 0, kBlock = 1 };

struct Chains {
    const int* tokens;
    int64_t tokens_request, tokens_position;  // strides
    const int* lengths;                       // null: K for all
    int64_t lengths_request;
    const float* draft;  // null: one-hot
    int64_t draft_request, draft_position;
    const float* target;
    int64_t target_request, target_position;
    Uniforms accept;
    int64_t accept_request, accept_position;
    Uniforms sample;
    int64_t sample_request;
    int* out_tokens;
    int* out_accepted;
    int* out_status;
    int width, vocabulary;
};

// Where the chain ends and what is drawn there.
struct Choice {
    int accepted;
    double rate;     // P at that position
    double uniform;  // of a tentative choice
    bool residual;   // draw from relu(rate p - q), else from p
    bool tentative;  // the block rule has yet to see S, or what mass p has where S = 0
    bool ending;     // p gives the next draft no mass: only then can it have none at all
};

// What warp 0 tells the rest of its block; in shared memory, so that it costs no registers while rows are summed.
struct Plan {
    Choice choice;
    Usable usable;
    bool seen;       // a NaN or an infinity was read
    bool undecided;  // S was too small: positions up to `limit` are left
    int limit;
    bool again;      // another row has to be summed
};

__device__ inline Ids drafts_of(const Chains& chains, int64_t request) {
    return {chains.tokens + request * chains.tokens_request, chains.tokens_position};
}

// One warp, one draft per lane: where the token rule stops, or the last position up to `limit` that passes or may
// pass under the block rule, 0 if there is none. Sets `usable`, and `seen` for a NaN or an infinity that counts.
template <Rule kRule>
__device__ inline Choice decide(const Chains& chains, int64_t request, int limit, Usable* usable, bool* seen) {
    const int lane = threadIdx.x % kWarp;
    const unsigned vocabulary = static_cast<unsigned>(chains.vocabulary);
    const Ids drafts = drafts_of(chains, request);
    const int* given = chains.lengths ? chains.lengths + request * chains.lengths_request : nullptr;
    int length = given ? *given : chains.width, status = kOk;
    Choice choice{0, 1.0, 0.0, true, false, false};
    double rate = 1.0;
    if (chains.width > kWarp) {
        const Usable whole = usable_drafts(drafts, chains.width, given, vocabulary);
        length = whole.length, status = whole.status;
    }
    int base = 0;
#pragma unroll 1
    do {
        const int i = base + lane;
        double uniform = 1.0;
        float p = 0.0f, q = 1.0f;
        bool wrong = false;
        if (i < chains.width) {  // not `length`, which may still be on its way
            const Uniform accept(chains.accept, request * chains.accept_request + i * chains.accept_position);
            const int token = drafts.at(i);
            wrong = static_cast<unsigned>(token) >= vocabulary;
            if (!wrong) {
                p = __ldg(chains.target + request * chains.target_request + i * chains.target_position + token);
                if (chains.draft) {
                    q = __ldg(chains.draft + request * chains.draft_request + i * chains.draft_position + token);
                }
            }
            uniform = accept.value();
        }
        if (chains.width <= kWarp) {
            const int asked = length;
            length = min(max(asked, 0), chains.width);
            if (asked != length) status |= kInvalidLength;
            const unsigned lanes = __ballot_sync(kAllLanes, wrong && i < length);
            if (lanes) length = __ffs(lanes) - 1, status |= kInvalidToken;
        }
        const bool counts = i < length;
        const unsigned doubtful = __ballot_sync(kAllLanes, counts && (!is_finite(p) || !is_finite(q)));
        const double target = counts ? mass(p) : 0.0f, draft = counts ? mass(q) : 1.0f;
        if constexpr (kRule == kToken) {
            const unsigned rejected = __ballot_sync(kAllLanes, counts && !(uniform * draft < target));
            if (rejected) {
                const int first = __ffs(rejected) - 1;
                choice.accepted = base + first;
                *seen |= (doubtful << (kWarp - 1 - first)) != 0;  // later drafts were not needed
                break;
            }
            choice.accepted = min(base + kWarp, length);
        } else {
            const double ratio = target / draft;  // unused where q = 0: there the product reaches q
            double here = 0.0;
#pragma unroll 1
            for (int k = 0; k < min(kWarp, length - base); ++k) {
                const double product = rate * __shfl_sync(kAllLanes, target, k);
                const double next = rate * __shfl_sync(kAllLanes, ratio, k);
                rate = product == 0.0 ? 0.0 : product >= __shfl_sync(kAllLanes, draft, k) ? 1.0 : fmin(next, 1.0);
                if (k == lane) here = rate;
            }
            const bool certain = i + 1 == length || here == 1.0;
            const bool passes = i < min(limit, length) && uniform < (certain ? here : here * kSlack);
            const unsigned passing = __ballot_sync(kAllLanes, passes);
            if (passing) {
                const int last = kWarp - 1 - __clz(passing);
                choice.accepted = base + last + 1;
                choice.rate = __shfl_sync(kAllLanes, here, last);
                choice.uniform = __shfl_sync(kAllLanes, uniform, last);
                choice.tentative = !__shfl_sync(kAllLanes, certain, last);
                // The lane behind the last has not read its draft yet.
                choice.ending = last + 1 == kWarp || __shfl_sync(kAllLanes, target, last + 1) == 0.0;
            }
        }
        *seen |= doubtful != 0;
        base += kWarp;
    } while (base < length);
    choice.residual = choice.accepted < length;
    usable->length = length, usable->status = status;
    return choice;
}

__device__ inline Row row_of(const Chains& chains, int64_t request, const Choice& choice) {
    const int64_t position = choice.accepted;
    Row row{chains.target + request * chains.target_request + position * chains.target_position, nullptr, -1, 1.0f,
            0.0f, chains.vocabulary};
    if (choice.residual) {
        row.rate = static_cast<float>(choice.rate);
        row.rate_low = static_cast<float>(choice.rate - static_cast<double>(row.rate));
        if (chains.draft) {
            row.draft = chains.draft + request * chains.draft_request + position * chains.draft_position;
        } else {
            row.hot = drafts_of(chains, request).at(choice.accepted);
        }
    }
    return row;
}

template <bool kAligned, Rule kRule>
__global__ void __launch_bounds__(kAligned ? kThreads : kThreadsUnaligned, 1)
    verify_chain(const __grid_constant__ Chains chains) {
    __shared__ Sums sums[2];  // a block may send the next row's while another still reads this row's
    __shared__ Plan plan;
    const int warp = warp_index();
    const bool leads = warp == 0;
    if ((warp + 1) * kWarp == static_cast<int>(blockDim.x)) {  // the last warp: the first is in a hurry
        if (threadIdx.x % kWarp == 0) sums[0].open(), sums[1].open();
        __syncwarp();
    }
    Cluster::announce();
    const int64_t request = Cluster::number();
    const Tiling tiling(chains.vocabulary);

    Place place{};
#pragma unroll 1
    for (int pass = 0;; ++pass) {
        if (leads && (pass == 0 || plan.undecided)) {
            bool seen = pass > 0 && plan.seen;
            Usable usable;
            const int limit = pass == 0 ? chains.width : plan.limit;
            const Choice choice = decide<kRule>(chains, request, limit, &usable, &seen);
            __syncwarp();
            if (threadIdx.x == 0) plan.choice = choice, plan.usable = usable, plan.seen = seen;
        }
        if (pass == 0) Cluster::await_peers();
        __syncthreads();
        const Uniform sample_uniform(chains.sample, request * chains.sample_request);
        share_tile_sums<kAligned, true>(row_of(chains, request, plan.choice), tiling, sums[pass % 2]);
        if (leads) {
            place = locate(sums[pass % 2], pass / 2, tiling, sample_uniform.value());
            const Choice choice = plan.choice;
            const double total = place.total;
            const bool empty = choice.residual && !(total > 0.0);
            bool undecided = false, asking = false;  // for the mass of the target's row
            if (kRule == kBlock && choice.tentative) {
                asking = empty && choice.ending && choice.uniform < choice.rate;
                const double passes = choice.residual ? total / (total + 1.0 - choice.rate) : 0.0;
                const bool last = !choice.residual && !(total > 0.0);  // of its chain, as asked for
                undecided = !asking && !last && !(choice.uniform < passes);
            }
            __syncwarp();
            if (threadIdx.x == 0) {
                plan.seen |= place.seen;
                plan.undecided = undecided;
                plan.limit = choice.accepted - 1;
                plan.again = undecided || empty;
                if (empty) plan.choice.residual = false, plan.choice.tentative = asking;  // on to the target's row
            }
        }
        __syncthreads();
        if (!plan.again) break;
    }

    if (!leads || Cluster::rank() != owner_of(place.tile)) return;
    const int accepted = plan.choice.accepted;
    const int last =
        place.tile < 0 ? -1 : search<kAligned, true>(row_of(chains, request, plan.choice), tiling, place);
    write_tokens(drafts_of(chains, request), chains.width, accepted, last,
                 chains.out_tokens + request * (chains.width + 1));
    if (threadIdx.x == 0) {
        chains.out_accepted[request] = accepted;
        chains.out_status[request] = plan.usable.status | (last < 0 ? kDegenerate : 0) | (plan.seen ? kNanSeen : 0);
    }
}

}  // namespace draftproof

extern "C" int draftproof_verify_chain(
    const int* tokens, int64_t tokens_request, int64_t tokens_position, const int* lengths, int64_t lengths_request,
    const float* draft, int64_t draft_request, int64_t draft_position, const float* target, int64_t target_request,
    int64_t target_position, const void* accept, int64_t accept_request, int64_t accept_position,
    const void* sample, int64_t sample_request, int uniforms_are_double, int* out_tokens, int* out_accepted,
    int* out_status, int64_t requests, int width, int vocabulary, int rule, int cluster, int threads,
    void* stream) {
    using namespace draftproof;
    const bool is_double = uniforms_are_double != 0;
    const Chains chains{tokens, tokens_request, tokens_position, lengths, lengths_request,
                        draft, draft_request, draft_position, target, target_request, target_position,
                        Uniforms{static_cast<const unsigned*>(accept), is_double}, accept_request, accept_position,
                        Uniforms{static_cast<const unsigned*>(sample), is_double}, sample_request,
                        out_tokens, out_accepted, out_status, width, vocabulary};
    const bool aligned = are_aligned(target, vocabulary, target_request, target_position) &&
                         (!draft || are_aligned(draft, vocabulary, draft_request, draft_position));
    const auto kernel = rule == kToken ? (aligned ? verify_chain<true, kToken> : verify_chain<false, kToken>)
                                       : (aligned ? verify_chain<true, kBlock> : verify_chain<false, kBlock>);
    // Every block needs a tile: see share_tile_sums.
    const int tiles = Tiling(vocabulary).count;
    cluster = cluster < tiles ? cluster : tiles > 0 ? tiles : 1;
    threads = threads < kThreadsUnaligned || aligned ? threads : kThreadsUnaligned;
    return launch(kernel, requests * cluster, threads, cluster, stream, chains);
}

extern "C" int draftproof_largest_cluster(int* size) {
    return draftproof::largest_cluster(draftproof::verify_chain<true, draftproof::kToken>, draftproof::kThreads, size);
}
