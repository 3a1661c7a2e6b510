// The nodes as columns, addressed by id: 48 bytes each, 52 where the policy counts hits or priorities.
//
// What a walk reads of a node lies in 16 bytes together, so a step costs one cache line of `edge`, one of the
// child table and the tokens. An edge's length is not stored: it is its end less its parent's.
#pragma once
#include <cstdint>

#include "column.h"

namespace draftproof {

constexpr int32_t kNone = -1;

struct Edge {
    int32_t parent;  // kNone for a root; below that the node is free and -2 - parent is the next free one
    uint32_t key;    // fingerprint of the first page
    uint32_t start;  // address of the tokens
    uint32_t end;    // tokens from the root to the node's end
};

struct Use {
    uint64_t when;  // last use, or creation where the policy is fifo; of a root, which opening made it
    int32_t locks;  // of the node and of its descendants
    int32_t place;  // a leaf that may go: its place in the heap; otherwise -1 less the number of children
};

// Who lies before and after in the order of addresses; node 0, the first root, closes the ring.
struct Beside {
    int32_t before, after;
};

class Nodes {
  public:
    static constexpr int32_t kLastFree = INT32_MIN;

    Column<Edge> edge;
    Column<Use> use;
    Column<Beside> beside;
    Column<uint32_t> born;  // or last cut, in epochs since the tree's `origin`
    Column<uint32_t> rank;  // hits or priority; empty for the other policies
    Stamps rows{5};         // of the flat tree's rows

    explicit Nodes(bool ranked) : ranked_(ranked) {}

    bool ranked() const { return ranked_; }
    int32_t rows_used() const { return size_; }
    int32_t count() const { return count_; }

    bool alive(int64_t node) const { return node >= 0 && node < size_ && edge[node].parent >= kNone; }
    bool root(int32_t node) const { return edge[node].parent == kNone; }

    uint32_t begin(int32_t node) const {
        const int32_t parent = edge[node].parent;
        return parent == kNone ? 0 : edge[parent].end;
    }
    uint32_t length(int32_t node) const { return edge[node].end - begin(node); }

    // Room for `more` nodes, so that `add` cannot fail.
    void reserve(int32_t more, uint32_t generation) {
        const size_t wanted = static_cast<size_t>(size_) + more;
        edge.reserve(wanted);
        use.reserve(wanted);
        beside.reserve(wanted);
        born.reserve(wanted);
        if (ranked_) rank.reserve(wanted);
        rows.reach(wanted, generation);
    }

    // The id that `add` will give.
    int32_t next() const { return free_ == kLastFree ? size_ : -2 - free_; }

    int32_t add() {
        count_++;
        if (free_ == kLastFree) return size_++;
        const int32_t node = -2 - free_;
        free_ = edge[node].parent;
        return node;
    }

    void remove(int32_t node) {
        edge[node] = {free_, 0, 0, 0};
        free_ = -2 - node;
        count_--;
    }

    // Gives back what lies behind the highest id that is alive; ids below it stay what they are.
    void release() {
        while (size_ > 0 && !alive(size_ - 1)) size_--;
        free_ = kLastFree;
        for (int32_t node = size_ - 1; node >= 0; node--) {
            if (alive(node)) continue;
            edge[node].parent = free_;
            free_ = -2 - node;
        }
        edge.shrink(size_);
        use.shrink(size_);
        beside.shrink(size_);
        born.shrink(size_);
        rank.shrink(size_);
        rows.cut(size_);
    }

    size_t bytes() const {
        return edge.bytes() + use.bytes() + beside.bytes() + born.bytes() + rank.bytes() + rows.bytes();
    }

  private:
    int32_t size_ = 0, count_ = 0, free_ = kLastFree;
    bool ranked_;
};

}  // namespace draftproof
