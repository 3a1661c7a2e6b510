// fill_block_tables: the pages of each matched prefix, in order, as paged attention reads them.
//
// Bytes.  One slot per page, of which memory sends the 32 bytes around it, and 4 written per page.
// Layout. One block per request. All threads climb from the node to the root together and read the same rows; they part
//         to fill the pages of an edge, side by side in the table.

#include "prefix/tree.cuh"

constexpr int THREADS = 128;

extern "C" __global__ void __launch_bounds__(THREADS) fill_block_tables(
    View<int, 1> matched_nodes, View<int, 1> matched_lengths, View<int, 2> nodes, long long M, View<int, 1> slots,
    long long C, int page_size, int width, int* tables, int* status) {
    const long long r = blockIdx.x;
    int* table = tables + r * width;
    int node = matched_nodes.at(r), flags = 0;
    const int given = matched_lengths.at(r);
    long long upper = max(given, 0) / page_size * page_size;  // what is below it remains to be filled
    if (upper != given) flags |= INVALID_LENGTH;
    if (node < 0 || node >= M) {
        upper = 0;
        if (node != -1) flags |= INVALID_TREE;
    }
    for (long long page = upper / page_size + threadIdx.x; page < width; page += THREADS) table[page] = -1;

    bool negative = false;
    while (upper > 0) {
        bool follows = 0 <= node && node < M && holds_pages(nodes, node, page_size, C);
        const long long end = follows ? nodes.at(node, END) : 0;
        const long long begin = follows ? end - nodes.at(node, LENGTH) : 0;
        follows = follows && begin >= 0 && begin % page_size == 0 && begin < upper && upper <= end;
        if (!follows) {
            flags |= INVALID_TREE;
            break;
        }
        const long long start = nodes.at(node, START), last = min(upper / page_size, static_cast<long long>(width));
        for (long long page = begin / page_size + threadIdx.x; page < last; page += THREADS) {
            const int slot = slots.at(start + page * page_size - begin);
            negative |= slot < 0;
            table[page] = slot < 0 ? -1 : slot / page_size;
        }
        upper = begin;
        node = nodes.at(node, PARENT);
    }
    const long long unreached = min(upper / page_size, static_cast<long long>(width));
    for (long long page = threadIdx.x; page < unreached; page += THREADS) table[page] = -1;

    if (__syncthreads_or(negative)) flags |= INVALID_TREE;
    if (threadIdx.x == 0) status[r] = flags;
}
