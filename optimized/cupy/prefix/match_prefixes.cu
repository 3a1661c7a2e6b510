// match_prefixes: the longest cached prefix of each request, and the node where it ends.
//
// Bytes.  4 per matched token of the request and 4 of the tree's edge; a table entry and a row of 32 bytes per level.
// Layout. One warp per request. All its lanes walk down the tree together and read the same table entry and row; they
//         part to compare an edge with the request: 32 tokens at a time, and a ballot of the lanes that differ has its
//         lowest bit at the first difference.

#include "prefix/tree.cuh"

struct Tree {
    View<int, 1> table;
    long long entries;
    View<int, 2> nodes;
    long long rows;
    View<int, 1> edges;
    long long tokens;
    int page_size;
    unsigned low, high;  // the secret under which the request's pages are hashed
};

// How many tokens of the request, from `begin` on, and of the edges, from `start` on, agree: at most `count`.
__device__ int common(const View<int, 1>& request, long long begin, const View<int, 1>& edges, long long start,
                      int count) {
    for (int step = 0; step < count; step += LANES) {
        const int i = step + threadIdx.x;
        const unsigned differ =
            __ballot_sync(ALL_LANES, i < count && request.at(begin + i) != edges.at(start + i));
        if (differ) return step + __ffs(differ) - 1;
    }
    return count;
}

// Bits 32 to 63 of each token's product with the 64 bits that follow from its place and the secret, summed up.
__device__ unsigned fingerprint(const Tree& tree, const View<int, 1>& request, long long begin) {
    unsigned sum = 0;
    for (int i = 0; i < tree.page_size; ++i) {
        const unsigned token = static_cast<unsigned>(request.at(begin + i));
        const unsigned step = (static_cast<unsigned>(i) + 1u) * 0x9E3779B9u;
        const unsigned long long carried = static_cast<unsigned long long>(mix(tree.low + step)) * token;
        sum += mix(tree.high + step) * token + static_cast<unsigned>(carried >> 32);
    }
    return sum;
}

// The child of `node` whose edge begins with the page of the request at `begin`, or -1.
__device__ int find_child(const Tree& tree, int node, const View<int, 1>& request, long long begin, int& flags) {
    const unsigned key = fingerprint(tree, request, begin), home = bucket(node, key);
    for (long long i = 0; i < tree.entries; ++i) {
        const int child = tree.table.at((home + i) & (tree.entries - 1));
        if (child == -1) break;
        if (child < 0 || child >= tree.rows || !holds_pages(tree.nodes, child, tree.page_size, tree.tokens)) {
            flags |= INVALID_TREE;
            continue;
        }
        if (tree.nodes.at(child, PARENT) != node || static_cast<unsigned>(tree.nodes.at(child, KEY)) != key) continue;
        const int start = tree.nodes.at(child, START);  // two pages may share a fingerprint: only tokens decide
        if (common(request, begin, tree.edges, start, tree.page_size) == tree.page_size) return child;
    }
    return -1;
}

extern "C" __global__ void __launch_bounds__(LANES) match_prefixes(
    View<int, 1> tokens, long long N, View<long long, 1> offsets, View<int, 1> roots, View<int, 1> table, long long H,
    View<int, 2> nodes, long long M, View<int, 1> edges, long long C, int page_size, int* lengths, int* last,
    int* status) {
    const long long r = blockIdx.x;
    long long begin = offsets.at(r), end = offsets.at(r + 1);
    int node = roots.at(r), flags = 0, length = 0;
    if (!(0 <= begin && begin <= end && end <= N)) {
        begin = end = 0;
        flags |= INVALID_LENGTH;
    }
    if (node < 0 || node >= M) {
        begin = end = 0;
        node = -1;
        flags |= INVALID_TREE;
    }
    const unsigned low = node < 0 ? 0u : static_cast<unsigned>(nodes.at(node, SECRET_LOW));
    const unsigned high = node < 0 ? 0u : static_cast<unsigned>(nodes.at(node, SECRET_HIGH));
    const Tree tree = {table, H, nodes, M, edges, C, page_size, low, high};

    while (end - begin >= page_size) {
        const int child = find_child(tree, node, tokens, begin, flags);
        if (child < 0) break;
        const int edge = nodes.at(child, LENGTH);
        const int reach = static_cast<int>(min(static_cast<long long>(edge), end - begin));
        const int same = common(tokens, begin, edges, nodes.at(child, START), reach) / page_size * page_size;
        length += same;
        begin += same;
        node = child;
        if (same < edge) break;
    }

    if (threadIdx.x == 0) {
        lengths[r] = length;
        last[r] = node;
        status[r] = flags;
    }
}
