// Finds the child of a node whose edge begins with a page: open addressing, 4 bytes an entry, at most 4 of 5 taken.
//
// It is the flat tree's table as it stands: linear probing from bucket(parent, key) on, free places -1. Deleting
// shifts the entries behind it back, so no place is ever marked as deleted and lookups stay short.
#pragma once
#include <cstdint>
#include <cstring>

#include "fingerprint.h"
#include "nodes.h"
#include "tokens.h"

namespace draftproof {

class Table {
  public:
    Stamps changes{8};

    explicit Table(Nodes& nodes) : nodes_(nodes) { reserve(0, 0); }
    Table(const Table& other, Nodes& nodes)
        : changes(other.changes), nodes_(nodes), places_(other.places_), size_(other.size_) {}

    uint32_t size() const { return size_; }
    const int32_t* data() const { return places_.data(); }
    size_t bytes() const { return places_.bytes() + changes.bytes(); }

    // Room for `children` in all, so that `insert` cannot fail.
    void reserve(uint32_t children, uint32_t generation) {
        const uint32_t wanted = sized(children, size_ == 0 ? kSmallest : size_);
        if (wanted != size_) rebuild(wanted, generation);
    }

    // The least room for `children` in all.
    void release(uint32_t children, uint32_t generation) {
        const uint32_t wanted = sized(children, kSmallest);
        if (wanted == size_) return;
        rebuild(wanted, generation);
        changes.cut(wanted);
    }

    // The child of `parent` whose edge begins with `page`, of that fingerprint; its edge starts in `tokens`. Or kNone.
    int32_t find(int32_t parent, const int32_t* page, uint32_t key, uint32_t page_size, const int32_t* tokens) const {
        for (uint32_t i = bucket(parent, key) & (size_ - 1);; i = (i + 1) & (size_ - 1)) {
            const int32_t node = places_[i];
            if (node == kNone) return kNone;
            const Edge& edge = nodes_.edge[node];
            if (edge.parent != parent || edge.key != key) continue;
            if (common(page, tokens + edge.start, page_size) == page_size) return node;
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

    static uint32_t sized(uint32_t children, uint32_t least) {
        while (uint64_t{children} * 5 > uint64_t{least} * 4) least *= 2;
        return least;
    }

    void rebuild(uint32_t wanted, uint32_t generation) {
        Column<int32_t> old;
        old.resize(wanted);
        std::memset(old.data(), 0xFF, old.bytes());
        changes.reach(wanted, generation);
        places_.swap(old);
        const uint32_t before = size_;
        size_ = wanted;
        changes.change(0, wanted, generation);
        for (uint32_t i = 0; i < before; i++) {
            if (old[i] != kNone) places_[vacancy(old[i])] = old[i];
        }
    }

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
