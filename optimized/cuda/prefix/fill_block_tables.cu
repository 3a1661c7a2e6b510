// fill_block_tables: the pages of each matched prefix, in order, as paged attention reads them.
//
// Bytes: one slot per page, of which memory sends the 32 bytes around it, and 4 written per page.
// Layout: one block per request. Its first warp climbs from the node to the root, one read per level; the other warps
// fill what it found. Both go batch by batch, a barrier between them: while one batch is filled, the next is climbed.
#include <climits>

#include "prefix.cuh"

namespace draftproof {

constexpr int kThreads = 1024;  // most per block: leaves 64 registers
constexpr int kSegments = 32;   // edges in a batch
constexpr int kBatches = 3;     // one is climbed, one is filled, one may still be read by late warps

struct Tables {
    const int* matched_nodes;
    const int* matched_lengths;
    const int* nodes;
    unsigned node_count;
    const int* slots;
    unsigned slot_count;
    int* out_tables;
    int* out_status;
    int64_t requests;
    Divisor page;
    int width;
    int batch;  // tokens after which a batch is closed
};

// The tokens [begin, upper) of the prefix have their slots from `start` on.
struct Segment {
    int begin, upper, start;
};

struct Batch {
    Segment segments[kSegments];
    int count;
    int node, upper;  // where the climb goes on, unless `upper` is 0
    bool wrong;       // the tree is, and the climb ended
};

// One warp: follows parents until the batch is full or the climb ends.
__device__ inline void climb(const Tables& call, int node, int upper, Batch& batch) {
    const int lane = threadIdx.x % kWarp, from = upper;
    const int64_t reach = static_cast<int64_t>(call.width) * call.page.by;  // tokens that the table has room for
    int count = 0;
    bool wrong = false;
#pragma unroll 1
    while (upper > 0 && count < kSegments && from - upper < call.batch) {
        wrong = static_cast<unsigned>(node) >= call.node_count;
        if (wrong) break;
        const Row row = Row::load(call.nodes, node);
        const int64_t begin = static_cast<int64_t>(row.end) - row.length;
        wrong = !row.holds_pages(call.page, call.slot_count) || row.end < upper || begin >= upper || begin < 0 ||
                !call.page.divides(static_cast<int>(begin));
        if (wrong) break;
        if (lane == 0) batch.segments[count] = {static_cast<int>(begin), upper, row.start};
        if (begin < reach) prefetch(call.slots + row.start, lines_of(min(int64_t{upper}, reach) - begin), lane, kWarp);
        ++count;
        upper = static_cast<int>(begin);
        node = row.parent;
    }
    if (lane == 0) {
        batch.count = count;
        batch.node = node;
        batch.upper = upper;
        batch.wrong = wrong;
    }
}

// All warps but the first: writes the pages of a batch; whether one of their slots was negative.
__device__ inline bool fill(const Tables& call, int* table, const Batch& batch) {
    const unsigned thread = threadIdx.x - kWarp, threads = blockDim.x - kWarp;
    bool wrong = false;
#pragma unroll 1
    for (int s = 0; s < batch.count; ++s) {
        const Segment segment = batch.segments[s];
        const unsigned begin = call.page.quotient(segment.begin);
        const unsigned end = min(call.page.quotient(segment.upper), call.width);
        const int* slots = call.slots + segment.start;
#pragma unroll 4
        for (unsigned page = begin + thread; page < end; page += threads) {
            const int slot = __ldg(slots + static_cast<int64_t>(page - begin) * call.page.by);
            wrong |= slot < 0;
            table[page] = slot < 0 ? -1 : call.page.quotient(slot);
        }
    }
    return wrong;
}

// A block beyond the requests: brings the rows into L2, where the climb finds them sooner than in memory.
__device__ inline void warm(const Tables& call) {
    const unsigned thread = (blockIdx.x - call.requests) * blockDim.x + threadIdx.x;
    const unsigned threads = (gridDim.x - call.requests) * blockDim.x;
    prefetch(call.nodes, lines_of(int64_t{call.node_count} * kRowWords), thread, threads);
}

__global__ void __launch_bounds__(kThreads, 1) fill_block_tables(const Tables call) {
    __shared__ Batch batches[kBatches];
    if (blockIdx.x >= call.requests) return warm(call);
    const int node = call.matched_nodes[blockIdx.x], given = call.matched_lengths[blockIdx.x];
    const bool climber = warp_index() == 0;
    int* table = call.out_tables + static_cast<int64_t>(blockIdx.x) * call.width;
    const bool inside = static_cast<unsigned>(node) < call.node_count;
    const int length = inside ? call.page.rounded_down(max(given, 0)) : 0;
    bool wrong = !inside && node != -1;

    if (!climber) {
        int64_t page = call.page.quotient(length) + threadIdx.x - kWarp;
        for (; page < call.width; page += blockDim.x - kWarp) table[page] = -1;
    }
    int current = 0, before = kBatches - 1, upper = length;  // what is below `upper` remains to be climbed
    int next = node;
    bool more = length > 0, climbed = false;
#pragma unroll 1
    while (more || climbed) {
        Batch& ahead = batches[current];
        if (!climber) {
            if (climbed) wrong |= fill(call, table, batches[before]);
        } else if (more) {
            climb(call, next, upper, ahead);
        }
        if (!more) break;
        __syncthreads();
        next = ahead.node;
        upper = ahead.upper;
        wrong |= ahead.wrong;
        more = upper > 0 && !ahead.wrong;
        climbed = true;
        before = current;
        current = current + 1 < kBatches ? current + 1 : 0;
    }
    const int missing = min(call.page.quotient(upper), call.width);
    for (int64_t page = threadIdx.x; page < missing; page += blockDim.x) table[page] = -1;
    wrong = __syncthreads_or(wrong);
    if (threadIdx.x == 0) {
        const bool odd = given < 0 || !call.page.divides(given);
        call.out_status[blockIdx.x] = (odd ? kInvalidLength : kOk) | (wrong ? kInvalidTree : kOk);
    }
}

}  // namespace draftproof

extern "C" int draftproof_fill_block_tables(const int* matched_nodes, const int* matched_lengths, const int* nodes,
                                            int64_t node_count, const int* slots, int64_t slot_count, int* out_tables,
                                            int* out_status, int64_t requests, int page_size, int width, int threads,
                                            int batch, int warmers, void* stream) {
    using namespace draftproof;
    const Tables call{matched_nodes, matched_lengths, nodes,    reachable(node_count), slots, reachable(slot_count),
                      out_tables,    out_status,      requests, Divisor(page_size), width, batch};
    return launch(fill_block_tables, requests + warmers, threads, 1, stream, call);
}
