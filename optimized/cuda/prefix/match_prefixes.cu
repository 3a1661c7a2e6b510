// match_prefixes: the longest cached prefix of each request, and the node where it ends.
//
// Bytes: 4 per matched token of the request and 4 of the tree's edge; a table entry and a row of 32 bytes per level.
// Layout: one block per request. Its first warp walks down the tree and trusts fingerprints: one level is two reads
// that wait for each other, table and row, 16 table entries at once. The other warps compare the edges behind it, 32
// tokens of both sides per load (coalesced on both sides, whatever their alignment), eight loads of each in flight.
// Walk and comparison go batch by batch, a barrier between them: while one batch is compared, the next is walked.
//
// Exactness: a batch counts only up to its first difference. If that lies in the first page of an edge, then the
// fingerprint was that of another page: the walk goes on behind that entry of the table.
#include <climits>

#include "prefix.cuh"

namespace draftproof {

constexpr int kRegisters = 48;  // 8 blocks of 160 threads per multiprocessor, all of 1,024 requests at once
constexpr int kSegments = 32;   // edges in a batch
constexpr int kProbes = 16;     // table entries that are looked at at once
constexpr int kLoads = 8;       // in flight per lane and side
constexpr int kPiece = kLoads * kWarp;
constexpr int kBatches = 3;  // one is walked, one is compared, one may still be read by late warps

struct Prefixes {
    const int* tokens;
    int64_t token_count;
    const int64_t* offsets;
    const int* roots;
    const int* table;
    unsigned table_mask;  // of a power of two
    const int* nodes;
    unsigned node_count;
    const int* edges;
    unsigned edge_count;
    int* out_lengths;
    int* out_nodes;
    int* out_status;
    int64_t requests;
    Divisor page;
    int batch;   // tokens after which a batch is closed
    int window;  // tokens of a request that fit into shared memory
};

// A step of the walk: `matched` tokens are behind it, the child of `node` is looked for from entry `probe` on.
struct Place {
    int node, matched;
    unsigned probe;
    int status;
};

// An edge that the walk followed: request tokens from `before.matched` on against edge tokens from `start` on.
struct alignas(16) Segment {
    Place before;  // with the entry at which `child` was found, and the status by then
    int child, start, length;
};

struct Batch {
    Segment segments[kSegments];
    Place after;
    int count;
    bool last;  // the walk ended
    int first;  // the first position that differs, INT_MAX if none
};

struct Child {
    int node;  // -1: none
    int start, length;
};

// One warp: the first entry from `place.probe` on whose row says it is this child; moves `place.probe` to it.
__device__ inline Child find_child(const Prefixes& call, unsigned key, Place& place) {
    const int lane = threadIdx.x % kWarp;
    const unsigned home = bucket(place.node, key);
#pragma unroll 1
    for (; place.probe <= call.table_mask; place.probe += kProbes) {
        const unsigned step = place.probe + lane;
        const bool looks = lane < kProbes && step <= call.table_mask;
        const int entry = looks ? __ldg(call.table + ((home + step) & call.table_mask)) : -1;
        const bool inside = static_cast<unsigned>(entry) < call.node_count;
        Row row{};
        if (inside) row = Row::load(call.nodes, entry);
        const unsigned free = __ballot_sync(kAllLanes, entry == -1);  // of all lanes that do not look, too
        const unsigned visited = (free & (0u - free)) - 1;            // the lanes before the first of these
        const bool sound = inside & row.holds_pages(call.page, call.edge_count);
        const bool fits = sound & (row.parent == place.node) & (static_cast<unsigned>(row.key) == key);
        const unsigned found = __ballot_sync(kAllLanes, fits) & visited;
        const unsigned wrong = __ballot_sync(kAllLanes, !sound) & visited;
        if (wrong & ((found & (0u - found)) - 1)) place.status |= kInvalidTree;
        if (found) {
            const int winner = __ffs(found) - 1;
            place.probe += winner;
            return {__shfl_sync(kAllLanes, entry, winner), __shfl_sync(kAllLanes, row.start, winner),
                    __shfl_sync(kAllLanes, row.length, winner)};
        }
        if (free & ((1u << kProbes) - 1)) break;
    }
    return {-1, 0, 0};
}

// One warp: follows edges by their fingerprints until the batch is full or the walk ends.
__device__ inline void walk(const Prefixes& call, const Secret& secret, const int* request, int length, Place place,
                            Batch& batch) {
    const int lane = threadIdx.x % kWarp;
    int count = 0, tokens = 0;
    bool last = false;
#pragma unroll 1
    while (count < kSegments && tokens < call.batch) {
        last = place.matched == length;
        if (last) break;
        const Child child = find_child(call, fingerprint(request + place.matched, call.page.by, secret), place);
        last = child.node < 0;
        if (last) break;
        const int common = min(child.length, length - place.matched);
        if (lane == 0) batch.segments[count] = {place, child.node, child.start, common};
        ++count;
        tokens += common;
        place = {child.node, place.matched + common, 0, place.status};
        last = common < child.length;
        if (last) break;
    }
    if (lane == 0) {
        batch.after = place;
        batch.count = count;
        batch.last = last;
        batch.first = INT_MAX;
    }
}

// All warps but the first: notes the first position at which request and edges differ.
__device__ inline void compare(const Prefixes& call, const int* request, Batch& batch) {
    const int lane = threadIdx.x % kWarp, workers = blockDim.x / kWarp - 1;
    int turn = threadIdx.x / kWarp - 1;  // pieces until this warp's own
#pragma unroll 1
    for (int s = 0; s < batch.count; ++s) {
        const Segment& segment = batch.segments[s];
        const unsigned length = segment.length;  // unsigned: a piece may reach past the largest int
        const int matched = segment.before.matched;
        const int* ours = request + matched;
        const int* theirs = call.edges + segment.start;
        int piece = turn;
        const int pieces = static_cast<int>((length - 1) / kPiece) + 1;
#pragma unroll 1
        for (; piece < pieces; piece += workers) {
            const unsigned begin = static_cast<unsigned>(piece) * kPiece + lane;
            int a[kLoads], b[kLoads];
#pragma unroll
            for (int k = 0; k < kLoads; ++k) {
                const bool inside = begin + k * kWarp < length;
                a[k] = inside ? ours[begin + k * kWarp] : 0;
                b[k] = inside ? __ldg(theirs + begin + k * kWarp) : 0;
            }
            int first = INT_MAX;
#pragma unroll
            for (int k = kLoads - 1; k >= 0; --k) {
                if (a[k] != b[k]) first = matched + static_cast<int>(begin + k * kWarp);
            }
            first = __reduce_min_sync(kAllLanes, first);
            if (first != INT_MAX && lane == 0) atomicMin(&batch.first, first);
        }
        turn = piece - pieces;
    }
}

// The edge of the batch that holds position `first`.
__device__ inline const Segment& segment_of(const Batch& batch, int first) {
    int s = batch.count - 1;
    while (batch.segments[s].before.matched > first) --s;
    return batch.segments[s];
}

// All threads: where the longest match ends. In each turn the first warp walks a batch, if there is more to walk, and
// the others compare the batch of the turn before, if that was not thrown away.
__device__ inline Place longest_match(const Prefixes& call, const Secret& secret, const int* request, int length,
                                      Place from, Batch (&batches)[kBatches]) {
    const bool walker = warp_index() == 0;
    bool more = true, walked = false;
    int current = 0, before = kBatches - 1;
#pragma unroll 1
    while (true) {
        Batch &ahead = batches[current], &behind = batches[before];
        if (!walker) {
            if (walked) compare(call, request, behind);
        } else if (more) {
            walk(call, secret, request, length, from, ahead);
        }
        __syncthreads();
        if (walked && behind.first != INT_MAX) {
            const Segment& segment = segment_of(behind, behind.first);
            const int common = call.page.rounded_down(behind.first - segment.before.matched);
            from = segment.before;
            if (common > 0) return {segment.child, from.matched + common, 0, from.status};
            ++from.probe;
            more = true;
            walked = false;
        } else {
            if (!more) return behind.after;
            from = ahead.after;
            more = !ahead.last;
            walked = true;
        }
        before = current;
        current = current + 1 < kBatches ? current + 1 : 0;
    }
}

// A block beyond the requests: brings table and rows into L2, where the walk finds them sooner than in memory.
__device__ inline void warm(const Prefixes& call) {
    const unsigned thread = (blockIdx.x - call.requests) * blockDim.x + threadIdx.x;
    const unsigned threads = (gridDim.x - call.requests) * blockDim.x;
    prefetch(call.table, lines_of(call.table_mask + 1ll), thread, threads);
    prefetch(call.nodes, lines_of(int64_t{call.node_count} * kRowWords), thread, threads);
}

__global__ void __maxnreg__(kRegisters) match_prefixes(const Prefixes call) {
    extern __shared__ int window[];
    __shared__ Batch batches[kBatches];
    if (blockIdx.x >= call.requests) return warm(call);
    const int64_t begin = call.offsets[blockIdx.x], end = call.offsets[blockIdx.x + 1];
    const int root = call.roots[blockIdx.x];
    const bool bounded = 0 <= begin && begin <= end && end <= call.token_count;
    const int status = bounded ? kOk : kInvalidLength;
    Place place{-1, 0, 0, status | kInvalidTree};
    if (static_cast<unsigned>(root) < call.node_count) {
        const int64_t given = bounded ? min(end - begin, static_cast<int64_t>(INT_MAX)) : 0;
        const int length = call.page.rounded_down(static_cast<int>(given));
        const int* request = call.tokens + (bounded ? begin : 0);
        const Secret secret = Secret::load(call.nodes, root);  // on its way while the first page is
        if (length <= call.window) {
            for (int i = threadIdx.x; i < length; i += blockDim.x) copy_word(window + i, request + i);
            await_copies();
            __syncthreads();
            request = window;
        }
        place = longest_match(call, secret, request, length, {root, 0, 0, status}, batches);
    }
    if (threadIdx.x == 0) {
        call.out_lengths[blockIdx.x] = place.matched;
        call.out_nodes[blockIdx.x] = place.node;
        call.out_status[blockIdx.x] = place.status;
    }
}

}  // namespace draftproof

extern "C" int draftproof_match_prefixes(const int* tokens, int64_t token_count, const int64_t* offsets,
                                         const int* roots, const int* table, int64_t table_size, const int* nodes,
                                         int64_t node_count, const int* edges, int64_t edge_count, int* out_lengths,
                                         int* out_nodes, int* out_status, int64_t requests, int page_size,
                                         int threads, int batch, int window, int warmers, void* stream) {
    using namespace draftproof;
    constexpr int64_t kMostEntries = 1ll << 31;  // as many as there are nodes
    if (table_size < 1 || table_size > kMostEntries) return cudaErrorInvalidValue;
    const Prefixes call{tokens,
                        token_count,
                        offsets,
                        roots,
                        table,
                        static_cast<unsigned>(table_size - 1),
                        nodes,
                        reachable(node_count),
                        edges,
                        reachable(edge_count),
                        out_lengths,
                        out_nodes,
                        out_status,
                        requests,
                        Divisor(page_size),
                        batch,
                        window};
    constexpr int kAlways = 40 << 10;  // bytes a block may have beside the batches without asking
    const int bytes = window * static_cast<int>(sizeof(int));
    if (bytes > kAlways) {
        const cudaError_t error =
            cudaFuncSetAttribute(match_prefixes, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
        if (error != cudaSuccess) return error;
    }
    const unsigned blocks = static_cast<unsigned>(requests + warmers);
    match_prefixes<<<blocks, threads, bytes, static_cast<cudaStream_t>(stream)>>>(call);
    return cudaGetLastError();
}
