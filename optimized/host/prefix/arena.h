// One array of tokens and one of slots, in which every edge lies in one piece; 8 bytes per token and 3 % more.
//
// Nodes are linked in the order of addresses, so the free space after a node is a gap that needs no memory of its
// own: its size and its links lie in the gap. Gaps of two entries and more hang in bins by size, four to each power
// of two, and an edge goes to the best of the first few that fit. Where none fits, the arrays grow if the 3 % allow
// it; otherwise the edges around the largest gap slide together until it is large enough. That moves about 32 tokens
// for each one that the gap lacks, never all of them.
//
//     gap of size s at g:   tokens[g] next in bin   slots[g] previous   tokens[g+1] s   slots[g+1] node before it
#pragma once
#include <cstdint>
#include <cstring>
#include <new>

#include "nodes.h"

namespace draftproof {

class Arena {
  public:
    Column<int32_t> tokens, slots;
    Stamps changes{10};

    explicit Arena(Nodes& nodes) : nodes_(nodes) {
        for (uint32_t& head : bins_) head = kNowhere;
    }

    Arena(const Arena& other, Nodes& nodes)
        : tokens(other.tokens),
          slots(other.slots),
          changes(other.changes),
          nodes_(nodes),
          capacity_(other.capacity_),
          live_(other.live_) {
        std::memcpy(bins_, other.bins_, sizeof(bins_));
        std::memcpy(filled_, other.filled_, sizeof(filled_));
    }

    uint32_t capacity() const { return capacity_; }
    size_t bytes() const { return tokens.bytes() + slots.bytes() + changes.bytes(); }

    // After this `place` finds room for `count` tokens. The only call that can fail; it may move edges.
    void make_room(uint32_t count, uint32_t generation) {
        if (fit(count) != kNowhere) return;
        // Two more: a gap of one entry cannot be found.
        const uint64_t least = uint64_t{live_} + count + 2;
        const uint64_t most = least + least / kSlack;
        const uint32_t tail = gap(nodes_.beside[0].before);
        const uint64_t wanted = uint64_t{capacity_} + count + 2 - (tail < count ? tail : count);
        if (wanted <= most || capacity_ < least) {
            const uint64_t step = wanted + capacity_ / (2 * kSlack);
            grow(wanted > most || step > most ? most : step, generation);
        }
        if (fit(count) != kNowhere) return;
        slide(largest(), count, generation);
    }

    // Gives `node`, whose end and parent are set, its place; `make_room` went before.
    void place(int32_t node, uint32_t generation) {
        const uint32_t count = nodes_.length(node), address = fit(count);
        const int32_t before = slots[address + 1];
        unbin(before);
        nodes_.edge[node].start = address;
        link(node, before);
        bin(before);
        bin(node);
        live_ += count;
        changes.change(address, address + count, generation);
    }

    void remove(int32_t node) {
        const auto [before, after] = nodes_.beside[node];
        unbin(before);
        unbin(node);
        live_ -= nodes_.length(node);
        nodes_.beside[before].after = after;
        nodes_.beside[after].before = before;
        bin(before);
    }

    void cut(int32_t node, uint32_t count) {
        unbin(node);
        nodes_.edge[node].end -= count;
        live_ -= count;
        bin(node);
    }

    // All edges side by side, and no room beyond them.
    void release(uint32_t generation) {
        for (uint32_t& head : bins_) head = kNowhere;
        filled_[0] = filled_[1] = 0;
        uint32_t end = 0;
        for (int32_t node = nodes_.beside[0].after; node != 0; node = nodes_.beside[node].after) {
            if (nodes_.edge[node].start != end) move(node, end, generation);
            end += nodes_.length(node);
        }
        capacity_ = end;
        tokens.shrink(capacity_);
        slots.shrink(capacity_);
        changes.cut(capacity_);
    }

    // `upper` takes the first `count` tokens of the edge of `lower` over, where they are.
    void split(int32_t upper, int32_t lower, uint32_t count) {
        nodes_.edge[upper].start = nodes_.edge[lower].start;
        nodes_.edge[lower].start += count;
        link(upper, nodes_.beside[lower].before);
    }

  private:
    static constexpr uint32_t kNowhere = 0xFFFFFFFFu;
    static constexpr int kTries = 8;

    static int size_class(uint32_t size) {
        const int power = 31 - __builtin_clz(size);
        return 4 * power + static_cast<int>(power > 1 ? size >> (power - 2) & 3 : size << 1 & 3);
    }

    uint32_t tail(int32_t node) const { return nodes_.edge[node].start + nodes_.length(node); }
    uint32_t gap(int32_t node) const {
        const int32_t after = nodes_.beside[node].after;
        return (after == 0 ? capacity_ : nodes_.edge[after].start) - tail(node);
    }

    void link(int32_t node, int32_t before) {
        const int32_t after = nodes_.beside[before].after;
        nodes_.beside[node] = {before, after};
        nodes_.beside[before].after = node;
        nodes_.beside[after].before = node;
    }

    void bin(int32_t node) {
        const uint32_t size = gap(node), address = tail(node);
        if (size < 2) return;
        const int c = size_class(size);
        const uint32_t next = bins_[c];
        tokens[address] = static_cast<int32_t>(next);
        slots[address] = static_cast<int32_t>(kNowhere);
        tokens[address + 1] = static_cast<int32_t>(size);
        slots[address + 1] = node;
        if (next != kNowhere) slots[next] = static_cast<int32_t>(address);
        bins_[c] = address;
        filled_[c >> 6] |= uint64_t{1} << (c & 63);
    }

    void unbin(int32_t node) {
        const uint32_t size = gap(node), address = tail(node);
        if (size < 2) return;
        const int c = size_class(size);
        const uint32_t next = static_cast<uint32_t>(tokens[address]), previous = static_cast<uint32_t>(slots[address]);
        if (next != kNowhere) slots[next] = static_cast<int32_t>(previous);
        if (previous != kNowhere) {
            tokens[previous] = static_cast<int32_t>(next);
        } else {
            bins_[c] = next;
            if (next == kNowhere) filled_[c >> 6] &= ~(uint64_t{1} << (c & 63));
        }
    }

    // The address of a gap of at least `count`, or kNowhere.
    uint32_t fit(uint32_t count) const {
        const int c = size_class(count < 2 ? 2 : count);
        uint32_t best = kNowhere, best_size = kNowhere, address = bins_[c];
        for (int i = 0; i < kTries && address != kNowhere; i++, address = static_cast<uint32_t>(tokens[address])) {
            const uint32_t size = static_cast<uint32_t>(tokens[address + 1]);
            if (size >= count && size < best_size) best = address, best_size = size;
        }
        if (best != kNowhere) return best;
        // Every gap of a higher class is large enough.
        const int above = c + 1;
        for (int word = above >> 6; word < 2; word++) {
            const uint64_t bits = filled_[word] & (word == above >> 6 ? ~uint64_t{0} << (above & 63) : ~uint64_t{0});
            if (bits != 0) return bins_[64 * word + __builtin_ctzll(bits)];
        }
        return kNowhere;
    }

    // The node before a gap of the highest class, or node 0 if there is no gap.
    int32_t largest() const {
        const int word = filled_[1] != 0 ? 1 : 0;
        if (filled_[word] == 0) return 0;
        return slots[bins_[64 * word + 63 - __builtin_clzll(filled_[word])] + 1];
    }

    void grow(uint64_t capacity, uint32_t generation) {
        if (capacity > INT32_MAX) throw std::bad_alloc();
        tokens.resize(capacity);
        slots.resize(capacity);
        changes.reach(capacity, generation);
        const int32_t last = nodes_.beside[0].before;
        unbin(last);
        capacity_ = static_cast<uint32_t>(capacity);
        bin(last);
    }

    // Widens the gap after `before` to more than `count`: the edges behind it move down over the gaps between them,
    // and if the end comes first, those in front of it move up.
    void slide(int32_t before, uint32_t count, uint32_t generation) {
        unbin(before);
        uint32_t hole = tail(before);
        for (int32_t node; (node = nodes_.beside[before].after) != 0 && nodes_.edge[node].start - hole <= count;) {
            unbin(node);
            move(node, hole, generation);
            hole += nodes_.length(node);
            before = node;
        }
        if (nodes_.beside[before].after == 0) {
            for (uint32_t end = capacity_; before != 0 && end - tail(before) <= count;) {
                const int32_t node = before;
                before = nodes_.beside[node].before;
                unbin(before);
                end -= nodes_.length(node);
                move(node, end, generation);
            }
        }
        bin(before);
    }

    void move(int32_t node, uint32_t to, uint32_t generation) {
        const uint32_t length = nodes_.length(node), from = nodes_.edge[node].start;
        std::memmove(&tokens[to], &tokens[from], sizeof(int32_t) * length);
        std::memmove(&slots[to], &slots[from], sizeof(int32_t) * length);
        nodes_.edge[node].start = to;
        nodes_.rows.change(node, generation);
        changes.change(to, to + length, generation);
    }

    Nodes& nodes_;
    uint32_t capacity_ = 0, live_ = 0;
    uint32_t bins_[128];
    uint64_t filled_[2] = {0, 0};
};

}  // namespace draftproof
