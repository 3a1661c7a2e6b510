// The leaves that may go, the one that goes first at the top: a heap of ids with four children to each place.
//
// A node knows its place, so a use moves it and a lock takes it out in O(log n); nothing is ever rebuilt.
#pragma once
#include <cstdint>

#include "nodes.h"

namespace draftproof {

class Heap {
  public:
    Heap(Nodes& nodes, bool newest_first) : nodes_(nodes), flip_(newest_first ? ~uint64_t{0} : 0) {}

    Heap(const Heap& other, Nodes& nodes)
        : nodes_(nodes), leaves_(other.leaves_), size_(other.size_), flip_(other.flip_) {}

    bool empty() const { return size_ == 0; }
    int32_t top() const { return leaves_[0]; }
    size_t bytes() const { return leaves_.bytes(); }

    // Room for every node, so that `push` cannot fail.
    void reserve(size_t nodes) { leaves_.reserve(nodes); }

    // Gives back what is beyond that room.
    void release(size_t nodes) { leaves_.shrink(nodes); }

    void push(int32_t leaf) { up(size_++, leaf); }

    void remove(int32_t leaf) {
        const int32_t place = nodes_.use[leaf].place, last = leaves_[--size_];
        nodes_.use[leaf].place = -1;
        if (last != leaf) settle(place, last);
    }

    // The key of `leaf` changed.
    void moved(int32_t leaf) { settle(nodes_.use[leaf].place, leaf); }

  private:
    bool before(int32_t a, int32_t b) const {
        if (nodes_.ranked() && nodes_.rank[a] != nodes_.rank[b]) return nodes_.rank[a] < nodes_.rank[b];
        return (nodes_.use[a].when ^ flip_) < (nodes_.use[b].when ^ flip_);
    }

    void put(int32_t place, int32_t leaf) {
        leaves_[place] = leaf;
        nodes_.use[leaf].place = place;
    }

    void settle(int32_t place, int32_t leaf) {
        if (place > 0 && before(leaf, leaves_[(place - 1) / 4])) {
            up(place, leaf);
        } else {
            down(place, leaf);
        }
    }

    void up(int32_t place, int32_t leaf) {
        while (place > 0) {
            const int32_t above = (place - 1) / 4;
            if (!before(leaf, leaves_[above])) break;
            put(place, leaves_[above]);
            place = above;
        }
        put(place, leaf);
    }

    void down(int32_t place, int32_t leaf) {
        for (int64_t child = 4 * int64_t{place} + 1; child < size_; child = 4 * int64_t{place} + 1) {
            int64_t first = child;
            for (int64_t other = child + 1; other < child + 4 && other < size_; other++) {
                if (before(leaves_[other], leaves_[first])) first = other;
            }
            if (!before(leaves_[first], leaf)) break;
            put(place, leaves_[first]);
            place = static_cast<int32_t>(first);
        }
        put(place, leaf);
    }

    Nodes& nodes_;
    Column<int32_t> leaves_;
    int32_t size_ = 0;
    uint64_t flip_;
};

}  // namespace draftproof
