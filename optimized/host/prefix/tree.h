// The radix tree: what the rule says, on the columns of nodes.h, arena.h, table.h, heap.h and owned.h.
//
// Every call first makes sure that it cannot fail, then changes something. One match of n tokens reads 8 n bytes
// (the request and the edges), writes 4 n (the slots) and touches a few cache lines for each node on its path.
#pragma once
#include <cstdint>
#include <cstring>
#include <unordered_map>

#include "answers.h"
#include "arena.h"
#include "fingerprint.h"
#include "heap.h"
#include "nodes.h"
#include "owned.h"
#include "table.h"
#include "tokens.h"

namespace draftproof {

constexpr uint32_t kLine = 16, kAhead = 1024;  // slots in a cache line; slots that are worth fetching ahead

class RadixTree {
  public:
    RadixTree(uint32_t page_size, Policy policy, uint64_t secret)
        : page_size_(page_size),
          policy_(policy),
          fingerprint_(page_size, secret),
          nodes_(policy == Policy::lfu || policy == Policy::priority),
          arena_(nodes_),
          table_(nodes_),
          heap_(nodes_, policy == Policy::mru),
          owned_(page_size) {
        add_root();
    }
    RadixTree(const RadixTree& other);  // this and what else is about memory: memory.h

    uint32_t page_size() const { return page_size_; }
    uint64_t epoch() const { return epoch_; }
    uint64_t cached() const { return cached_; }
    uint64_t locked() const { return locked_; }
    int32_t count() const { return nodes_.count(); }
    size_t bytes() const;

    // A root's name, which no later root gets: its id, and above it how many were opened before.
    int64_t next_name() const { return static_cast<int64_t>(uint64_t{opened_} << 32 | uint32_t(nodes_.next())); }

    int64_t open() {
        nodes_.reserve(1, generation_);
        const int64_t name = next_name();
        next_epoch();
        add_root();
        return name;
    }

    // The root of that name, or kClosed.
    int32_t root(int64_t name) const {
        const int32_t node = static_cast<int32_t>(name & UINT32_MAX);
        const bool open = nodes_.alive(node) && nodes_.root(node) && nodes_.use[node].when == uint64_t(name) >> 32;
        return open ? node : kClosed;
    }

    // Reads only: the longest cached prefix in whole pages, and the node it ends in.
    Found walk(int32_t root, const int32_t* request, uint32_t count) const {
        count -= count % page_size_;
        const int32_t* tokens = arena_.tokens.data();
        Found found{root, 0, 0};
        while (found.length < count && found.excess == 0) {
            const int32_t* rest = request + found.length;
            const int32_t child = table_.find(found.node, rest, fingerprint_(rest), page_size_, tokens);
            if (child == kNone) break;
            const Edge& edge = nodes_.edge[child];
            fetch(tokens + edge.start, edge.end - found.length);
            const uint32_t left = count - found.length, length = edge.end - found.length;
            uint32_t same = common(rest, tokens + edge.start, left < length ? left : length);
            if (page_size_ > 1) same -= same % page_size_;
            found = {child, found.length + same, length - same};
        }
        return found;
    }

    // What `match` will return.
    int32_t answer(const Found& found) const { return found.excess > 0 ? nodes_.next() : found.node; }

    // The node that ends where `found` does, all of it used now; splits an edge if none does.
    int32_t match(const Found& found) {
        if (found.excess > 0) {
            reserve(1);
            next_epoch();
        }
        return touch(ending(found), INT32_MIN);
    }

    // 0, or why `slots` cannot be stored after `found`; `slots[0]` belongs to the first token past it.
    int refusal(const int32_t* slots, uint32_t count) const {
        int32_t least = 0;
        for (uint32_t i = 0; i < count; i++) least = slots[i] < least ? slots[i] : least;
        if (least < 0) return kNegative;
        for (uint32_t i = 0; page_size_ > 1 && i < count; i += page_size_) {
            if (slots[i] % page_size_ != 0 || ascending(slots + i, page_size_) != page_size_) return kNoPage;
        }
        return 0;
    }

    // 0, or why the slots are refused. `count` is a multiple of the page size and at least found.length.
    int insert(const Found& found, const int32_t* tokens, const int32_t* slots, uint32_t count, int32_t priority) {
        const uint32_t fresh = count - found.length;
        const int refused = refusal(slots + found.length, fresh);
        if (refused != 0) return refused;
        if (fresh > 0) {
            reserve(2);
            arena_.make_room(fresh, generation_);
            if (!owned_.take(slots + found.length, fresh)) return kNotNew;
        } else if (found.excess > 0) {
            reserve(1);
        }
        if (fresh > 0 || found.excess > 0) next_epoch();
        const int32_t parent = touch(ending(found), priority);
        if (fresh > 0) add_leaf(parent, tokens + found.length, slots + found.length, fresh, priority);
        return 0;
    }

    // How many tokens `evict` is to free for `count`.
    uint64_t evictable(uint64_t count) const {
        const uint64_t most = cached_ - locked_;
        if (count >= most) return most;
        return (count + page_size_ - 1) / page_size_ * page_size_;
    }

    // Frees `count` tokens, as `evictable` gave them.
    void evict(uint64_t count, int32_t* freed);  // eviction.h

    // 0, or what is wrong with a node that was seen at `epoch`.
    int stale(int64_t node, uint64_t epoch) const {
        return !nodes_.alive(node) || origin_ + nodes_.born[node] > epoch ? kStale : 0;
    }

    int lock(int64_t node) {
        if (!nodes_.alive(node)) return kNoSuchNode;
        held_[static_cast<int32_t>(node)]++;
        for (int32_t n = static_cast<int32_t>(node); n != kNone; n = nodes_.edge[n].parent) {
            if (nodes_.use[n].locks++ > 0) continue;
            locked_ += nodes_.length(n);
            if (nodes_.use[n].place >= 0) heap_.remove(n);
        }
        return 0;
    }

    int unlock(int64_t node) {
        if (!nodes_.alive(node)) return kNoSuchNode;
        const auto held = held_.find(static_cast<int32_t>(node));
        if (held == held_.end()) return kNotLocked;
        if (--held->second == 0) held_.erase(held);
        for (int32_t n = static_cast<int32_t>(node); n != kNone; n = nodes_.edge[n].parent) {
            if (--nodes_.use[n].locks > 0) continue;
            locked_ -= nodes_.length(n);
            if (nodes_.use[n].place == -1) offer(n);
        }
        return 0;
    }

    // The first `length` tokens of the prefix of `node`, which is alive, as `walk` would find them; kTooLong as
    // its node if the prefix is shorter.
    Found prefix(int32_t node, uint64_t length) const {
        if (nodes_.edge[node].end < length) return {kTooLong, 0, 0};
        const uint32_t wanted = static_cast<uint32_t>(length);
        while (!nodes_.root(node) && nodes_.begin(node) >= wanted) node = nodes_.edge[node].parent;
        return {node, wanted, nodes_.edge[node].end - wanted};
    }

    // Gives back what an earlier peak needed. Ids stay what they are; what fails, fails before anything has changed.
    void release();

    void slots_of(const Found& found, int32_t* slots) const {
        uint32_t end = found.length;
        for (int32_t node = found.node; !nodes_.root(node); node = nodes_.edge[node].parent) {
            const uint32_t begin = nodes_.begin(node);
            std::memcpy(slots + begin, &arena_.slots[nodes_.edge[node].start], sizeof(int32_t) * (end - begin));
            end = begin;
        }
    }

    // The tokens of all edges, node by node.
    void tokens(int32_t* out) const;

  private:
    friend class Mirror;
    friend class Closing;

    void reserve(int32_t more) {
        nodes_.reserve(more, generation_);
        heap_.reserve(static_cast<size_t>(nodes_.rows_used()) + more);
        table_.reserve(static_cast<uint32_t>(nodes_.count()) + more, generation_);
    }

    // Births are kept in 32 bits; when those are used up, all nodes count as born now.
    void next_epoch() {
        if (++epoch_ - origin_ <= UINT32_MAX) return;
        origin_ = epoch_;
        for (int32_t n = 0; n < nodes_.rows_used(); n++) nodes_.born[n] = 0;
    }

    uint32_t age() const { return static_cast<uint32_t>(epoch_ - origin_); }

    int32_t add(const Edge& edge, const Use& use, uint32_t rank) {
        const int32_t node = nodes_.add();
        nodes_.edge[node] = edge;
        nodes_.use[node] = use;
        nodes_.born[node] = age();
        if (nodes_.ranked()) nodes_.rank[node] = rank;
        nodes_.rows.change(node, generation_);
        return node;
    }

    int32_t add_root() {
        nodes_.reserve(1, generation_);
        const int32_t node = add({kNone, 0, 0, 0}, {opened_++, 0, -1}, 0);
        nodes_.beside[node] = {0, 0};
        return node;
    }

    // Takes a leaf out of everything but the heap and the owned slots; whether its parent has no child left.
    bool remove(int32_t leaf) {
        const int32_t parent = nodes_.edge[leaf].parent;
        nodes_.rows.change(leaf, generation_);
        table_.remove(leaf, generation_);
        arena_.remove(leaf);
        nodes_.remove(leaf);
        return ++nodes_.use[parent].place == -1;
    }

    void add_leaf(int32_t parent, const int32_t* tokens, const int32_t* slots, uint32_t count, int32_t priority) {
        const uint32_t key = fingerprint_(tokens), end = nodes_.edge[parent].end + count;
        const uint32_t rank = policy_ == Policy::lfu ? 1 : ordered(priority);
        const int32_t leaf = add({parent, key, 0, end}, {clock_, 0, -1}, rank);
        arena_.place(leaf, generation_);
        const uint32_t start = nodes_.edge[leaf].start;
        std::memcpy(&arena_.tokens[start], tokens, sizeof(int32_t) * count);
        std::memcpy(&arena_.slots[start], slots, sizeof(int32_t) * count);
        table_.insert(leaf, generation_);
        if (nodes_.use[parent].place >= 0) heap_.remove(parent);
        nodes_.use[parent].place--;
        heap_.push(leaf);
        cached_ += count;
    }

    // The node that ends where `found` does. A split gives the upper half to a new node: whoever knows the old one
    // by its id finds its end where it was.
    int32_t ending(const Found& found) {
        if (found.excess == 0) return found.node;
        const int32_t lower = found.node;
        const Edge edge = nodes_.edge[lower];
        const uint32_t kept = found.length - nodes_.begin(lower);
        const uint32_t rank = nodes_.ranked() ? nodes_.rank[lower] : 0;
        const Use use{nodes_.use[lower].when, nodes_.use[lower].locks, -2};
        const int32_t upper = add({edge.parent, edge.key, edge.start, found.length}, use, rank);
        table_.replace(lower, upper, generation_);
        arena_.split(upper, lower, kept);
        nodes_.edge[lower].parent = upper;
        nodes_.edge[lower].key = fingerprint_(&arena_.tokens[nodes_.edge[lower].start]);
        table_.insert(lower, generation_);
        nodes_.rows.change(lower, generation_);
        return upper;
    }

    // One use of all pages up to the end of `node`, none of them of lower priority afterwards; returns it.
    int32_t touch(int32_t node, int32_t priority) {
        clock_++;
        if (policy_ == Policy::fifo) return node;
        for (int32_t n = node; !nodes_.root(n); n = nodes_.edge[n].parent) {
            nodes_.use[n].when = clock_;
            if (policy_ == Policy::lfu) nodes_.rank[n] += nodes_.rank[n] != UINT32_MAX;
            if (policy_ == Policy::priority && nodes_.rank[n] < ordered(priority)) nodes_.rank[n] = ordered(priority);
        }
        if (nodes_.use[node].place >= 0) heap_.moved(node);
        return node;
    }

    // What comes next is on its way while something else is done: a processor looks ahead within a page at most.
    static void fetch(const int32_t* entries, uint32_t count) {
        for (uint32_t i = 0; i < count && i < kAhead; i += kLine) __builtin_prefetch(entries + i);
    }

    static uint32_t ordered(int32_t priority) { return static_cast<uint32_t>(priority) ^ 0x80000000u; }

    // A node without children, alive: it may go unless it is a root or locked.
    void offer(int32_t node) {
        if (!nodes_.root(node) && nodes_.use[node].locks == 0) heap_.push(node);
    }

    uint32_t page_size_;
    Policy policy_;
    Fingerprint fingerprint_;
    uint64_t clock_ = 0, epoch_ = 0, origin_ = 0;
    uint64_t cached_ = 0, locked_ = 0;
    uint32_t generation_ = 1, opened_ = 0;
    Nodes nodes_;
    Arena arena_;
    Table table_;
    Heap heap_;
    Owned owned_;
    std::unordered_map<int32_t, int32_t> held_;  // locks by the node that was locked; few are at a time
};

}  // namespace draftproof
