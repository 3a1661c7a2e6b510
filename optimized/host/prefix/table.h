// Finds the child of a node whose edge begins with a page: open addressing, 4 bytes an entry, at most 4 of 5 taken.
//
// It is the flat tree's table as it stands: linear probing from bucket(parent, key) on, free places -1. Deleting
// shifts the entries behind it back, so no place is ever marked as deleted and lookups stay short.
#pragma once
#include <cstdint>
#include <cstring>

#include "nodes.h"
#include "tokens.h"

namespace draftproof {

class Table {
  public:
    Stamps changes{8};

    explicit Table(Nodes& nodes) : nodes_(nodes) { reserve(0, 0); }

    uint32_t size() const { return size_; }
    const int32_t* data() const { return places_.data(); }
    size_t bytes() const { return places_.bytes() + changes.bytes(); }

    // Room for `children` in all, so that `insert` cannot fail.
    void reserve(uint32_t children, uint32_t generation) {
        uint32_t wanted = size_ == 0 ? kSmallest : size_;
        while (uint64_t{children} * 5 > uint64_t{wanted} * 4) wanted *= 2;
        if (wanted == size_) return;
        Column<int32_t> bigger;
        bigger.resize(wanted);
        std::memset(bigger.data(), 0xFF, bigger.bytes());
        const uint32_t old = size_;
        places_.swap(bigger);
        size_ = wanted;
        changes.reach(wanted, generation);
        changes.change(0, wanted, generation);
        for (uint32_t i = 0; i < old; i++) {
            if (bigger[i] != kNone) places_[vacancy(bigger[i])] = bigger[i];
        }
    }

    // The child of `parent` whose edge begins with `page`, which lies at its start in `tokens`, or kNone.
    int32_t find(int32_t parent, const int32_t* page, uint32_t page_size, const int32_t* tokens) const {
        const uint32_t key = fingerprint(page, page_size);
        for (uint32_t i = bucket(parent, key) & (size_ - 1);; i = (i + 1) & (size_ - 1)) {
            const int32_t node = places_[i];
            if (node == kNone) return kNone;
            const Edge& edge = nodes_.edge[node];
            if (edge.parent != parent || edge.key != key) continue;
            if (page_size == 1 || common(page, tokens + edge.start, page_size) == page_size) return node;
        }
    }

    void insert(int32_t node, uint32_t generation) { set(vacancy(node), node, generation); }

    // `node` takes the place of `old`, which has the same parent and key.
    void replace(int32_t old, int32_t node, uint32_t generation) { set(place(old), node, generation); }

    void remove(int32_t node, uint32_t generation) {
        const uint32_t mask = size_ - 1;
        uint32_t hole = place(node);
        for (uint32_t i = (hole + 1) & mask; places_[i] != kNone; i = (i + 1) & mask) {
            // It may move back unless its search begins after the hole.
            if (((i - home(places_[i])) & mask) < ((i - hole) & mask)) continue;
            set(hole, places_[i], generation);
            hole = i;
        }
        set(hole, kNone, generation);
    }

  private:
    static constexpr uint32_t kSmallest = 256;  // one block of `changes`

    uint32_t home(int32_t node) const {
        return bucket(nodes_.edge[node].parent, nodes_.edge[node].key) & (size_ - 1);
    }

    uint32_t place(int32_t node) const {
        uint32_t i = home(node);
        while (places_[i] != node) i = (i + 1) & (size_ - 1);
        return i;
    }

    uint32_t vacancy(int32_t node) const {
        uint32_t i = home(node);
        while (places_[i] != kNone) i = (i + 1) & (size_ - 1);
        return i;
    }

    void set(uint32_t i, int32_t node, uint32_t generation) {
        places_[i] = node;
        changes.change(i, generation);
    }

    Nodes& nodes_;
    Column<int32_t> places_;
    uint32_t size_ = 0;
};

}  // namespace draftproof
