// The end of a namespace: which nodes are under its root, and their removal.
//
// Nodes know their parents only, so one pass over all ids finds to which root each belongs.
#pragma once
#include <cstdint>

#include "tree.h"

namespace draftproof {

class Closing {
  public:
    // Looks only; may run out of memory.
    Closing(RadixTree& tree, int32_t root) : tree_(tree), root_(root) {
        const Nodes& nodes = tree.nodes_;
        roots_.resize(static_cast<size_t>(nodes.rows_used()));
        for (int32_t n = 0; n < nodes.rows_used(); n++) roots_[n] = nodes.alive(n) && nodes.root(n) ? n : kNone;
        for (int32_t n = 0; n < nodes.rows_used(); n++) {
            if (!nodes.alive(n)) continue;
            int32_t known = n;
            while (roots_[known] == kNone) known = nodes.edge[known].parent;
            const int32_t root_of_n = roots_[known];
            for (int32_t each = n; each != known; each = nodes.edge[each].parent) roots_[each] = root_of_n;
            if (root_of_n == root_) tokens_ += nodes.length(n);
        }
    }

    // Whether the root, or a node under it, is locked.
    bool locked() const { return tree_.nodes_.use[root_].locks > 0; }
    uint64_t tokens() const { return tokens_; }

    // Frees the slots of all nodes, leaf by leaf, and the root; `freed` has room for `tokens()`.
    void run(int32_t* freed) {
        Nodes& nodes = tree_.nodes_;
        tree_.next_epoch();
        for (int32_t n = 0; n < static_cast<int32_t>(roots_.capacity()); n++) {
            if (roots_[n] != root_) continue;
            // What becomes a leaf goes at once. A node that went is not alive, and no id is given anew meanwhile.
            for (int32_t leaf = n; leaf != root_ && nodes.alive(leaf) && nodes.use[leaf].place >= -1;) {
                const int32_t parent = nodes.edge[leaf].parent;
                const uint32_t length = nodes.length(leaf);
                if (nodes.use[leaf].place >= 0) tree_.heap_.remove(leaf);
                tree_.owned_.release(freed, length, copy_run(freed, &tree_.arena_.slots[nodes.edge[leaf].start], length));
                freed += length;
                tree_.cached_ -= length;
                if (!tree_.remove(leaf)) break;
                leaf = parent;
            }
        }
        nodes.rows.change(root_, tree_.generation_);
        nodes.remove(root_);
    }

  private:
    RadixTree& tree_;
    int32_t root_;
    uint64_t tokens_ = 0;
    Column<int32_t> roots_;
};

}  // namespace draftproof
