// What changed in the flat tree since a generation, packed into one array of int32: one copy to a device.
//
//     [ids of arena blocks][ids of row blocks][ids of table blocks][edges][slots][rows][table]
//
// Blocks of 1,024 tokens, 32 rows and 256 table entries; each write to the tree stamps its block with the current
// generation, and packing begins the next one. So any number of mirrors can follow, each from where it is.
#pragma once
#include <cstdint>
#include <cstring>

#include "tree.h"

namespace draftproof {

constexpr int kRow = 8;

class Mirror {
  public:
    explicit Mirror(RadixTree& tree) : tree_(tree) {}

    struct Sizes {
        uint64_t arena, rows, table;  // blocks
    };

    // Blocks that changed since `generation`; all there are since generation 0.
    Sizes changed(uint32_t generation) const {
        return {count(arena(), generation), count(rows(), generation), count(table(), generation)};
    }

    Sizes entries() const {
        return {tree_.arena_.capacity(), rows().blocks() * rows().block(), tree_.table_.size()};
    }

    uint64_t packed(const Sizes& sizes) const {
        return sizes.arena * (1 + 2 * arena().block()) + sizes.rows * (1 + kRow * rows().block()) +
               sizes.table * (1 + table().block());
    }

    uint32_t generation() const { return tree_.generation_; }

    // Fills `out` with what changed since `since` and returns the generation to ask for next time.
    uint32_t pack(uint32_t since, int32_t* out) {
        const Sizes sizes = changed(since);
        const int32_t* arena_ids = out;
        out = ids(arena(), since, out);
        const int32_t* row_ids = out;
        out = ids(rows(), since, out);
        const int32_t* table_ids = out;
        out = ids(table(), since, out);
        const uint64_t capacity = tree_.arena_.capacity();
        out = copy(arena_ids, sizes.arena, arena().block(), tree_.arena_.tokens.data(), capacity, out);
        out = copy(arena_ids, sizes.arena, arena().block(), tree_.arena_.slots.data(), capacity, out);
        for (uint64_t i = 0; i < sizes.rows; i++) {
            const int64_t first = int64_t{row_ids[i]} * static_cast<int64_t>(rows().block());
            for (int64_t k = 0; k < static_cast<int64_t>(rows().block()); k++, out += kRow) row(first + k, out);
        }
        copy(table_ids, sizes.table, table().block(), tree_.table_.data(), tree_.table_.size(), out);
        return ++tree_.generation_;
    }

  private:
    const Stamps& arena() const { return tree_.arena_.changes; }
    const Stamps& rows() const { return tree_.nodes_.rows; }
    const Stamps& table() const { return tree_.table_.changes; }

    static uint64_t count(const Stamps& stamps, uint32_t since) {
        uint64_t changed = 0;
        for (size_t i = 0; i < stamps.blocks(); i++) changed += stamps.at(i) >= since;
        return changed;
    }

    static int32_t* ids(const Stamps& stamps, uint32_t since, int32_t* out) {
        for (size_t i = 0; i < stamps.blocks(); i++) {
            if (stamps.at(i) >= since) *out++ = static_cast<int32_t>(i);
        }
        return out;
    }

    // The last block may reach past the end of the array; what lies there is never read.
    static int32_t* copy(const int32_t* ids, uint64_t blocks, uint64_t block, const int32_t* from, uint64_t size,
                         int32_t* out) {
        for (uint64_t i = 0; i < blocks; i++, out += block) {
            const uint64_t first = static_cast<uint64_t>(ids[i]) * block, left = size - first;
            const uint64_t whole = left < block ? left : block;
            std::memcpy(out, from + first, sizeof(int32_t) * whole);
            std::memset(out + whole, 0xFF, sizeof(int32_t) * (block - whole));
        }
        return out;
    }

    void row(int64_t node, int32_t* out) const {
        std::memset(out, 0, sizeof(int32_t) * kRow);
        out[0] = kNone;
        if (!tree_.nodes_.alive(node)) return;
        const Edge& edge = tree_.nodes_.edge[node];
        const uint64_t born = tree_.origin_ + tree_.nodes_.born[node];
        const uint64_t secret = tree_.fingerprint_.secret();
        out[5] = static_cast<int32_t>(born & 0x7FFFFFFF);
        out[6] = static_cast<int32_t>(secret & UINT32_MAX);
        out[7] = static_cast<int32_t>(secret >> 32);
        if (edge.parent == kNone) return;
        out[0] = edge.parent;
        out[1] = static_cast<int32_t>(edge.start);
        out[2] = static_cast<int32_t>(tree_.nodes_.length(static_cast<int32_t>(node)));
        out[3] = static_cast<int32_t>(edge.end);
        out[4] = static_cast<int32_t>(edge.key);
    }

    RadixTree& tree_;
};

}  // namespace draftproof
