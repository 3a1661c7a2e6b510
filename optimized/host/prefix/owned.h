// Which slots, or pages of slots, the tree holds: one bit each, in leaves of 8,192 bits made when first needed.
//
// Leaves hang on branches of 256, branches on an array that reaches to the highest: a slot at the end of int32 costs
// 11 KB, not a pointer for each leaf before it. Slots mostly come in runs that count upwards. A run is tested and set
// by the word; only scattered slots are taken one by one.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "column.h"
#include "tokens.h"

namespace draftproof {

class Owned {
  public:
    explicit Owned(uint32_t page_size) : page_size_(page_size) {}
    Owned(const Owned& other) : Owned(other.page_size_) {
        for (uint32_t leaf = 0; leaf < other.branches_used_ * kFan; leaf++) {
            const uint64_t* words = other.leaf(leaf);
            if (words != nullptr) std::memcpy(grown(leaf), words, kWords * sizeof(uint64_t));
        }
    }
    Owned& operator=(const Owned&) = delete;
    ~Owned() {
        for (uint32_t b = 0; b < branches_used_; b++) drop(b);
    }

    size_t bytes() const {
        return branches_.bytes() + branches_made_ * kFan * sizeof(uint64_t*) + leaves_made_ * kWords * sizeof(uint64_t);
    }

    // Takes the slots of whole pages, each not negative; if one is held already, or memory ends, takes none and
    // returns false, or throws.
    bool take(const int32_t* slots, uint32_t count) {
        const auto take_bits = [](uint64_t& word, uint64_t mask) {
            if ((word & mask) != 0) return false;
            word |= mask;
            return true;
        };
        uint32_t i = 0;
        try {
            while (i < count) {
                const uint32_t n = run(slots + i, count - i);
                reach(slots[i], n);
                const uint32_t taken = n == 1 ? take_bits(word(slots[i]), uint64_t{1} << (slots[i] & 63))
                                              : each_word(slots[i], n, take_bits);
                if (taken < n) {
                    release(slots, i);
                    give_back(slots[i], taken);
                    return false;
                }
                i += n;
            }
        } catch (const std::bad_alloc&) {
            release(slots, i);
            throw;
        }
        return true;
    }

    // Gives the slots of whole pages back; `known` of them, from the first on, are known to count upwards.
    void release(const int32_t* slots, uint32_t count, uint32_t known = 0) {
        known -= known % page_size_;
        for (uint32_t i = 0; i < count;) {
            const uint32_t n = i == 0 && known > 0 ? known : run(slots + i, count - i);
            if (n == 1) {
                word(slots[i]) &= ~(uint64_t{1} << (slots[i] & 63));
            } else {
                give_back(slots[i], n);
            }
            i += n;
        }
    }

    // Gives the leaves back in which no bit is set, and the branches on which no leaf is left.
    void release_empty() {
        for (uint32_t b = 0; b < branches_used_; b++) {
            bool empty = true;
            for (uint32_t i = 0; branches_[b] != nullptr && i < kFan; i++) {
                uint64_t*& leaf = branches_[b][i];
                if (leaf != nullptr && blank(leaf)) {
                    std::free(leaf);
                    leaf = nullptr;
                    leaves_made_--;
                }
                empty &= leaf == nullptr;
            }
            if (empty) drop(b);
        }
        while (branches_used_ > 0 && branches_[branches_used_ - 1] == nullptr) branches_used_--;
        branches_.shrink(branches_used_);
    }

  private:
    static constexpr uint32_t kWords = 128, kBits = 64 * kWords, kFan = 256;

    uint32_t run(const int32_t* slots, uint32_t count) const {
        if (page_size_ > 1) return page_size_;
        return count > 1 && static_cast<int64_t>(slots[1]) - slots[0] == 1 ? ascending(slots, count) : 1;
    }

    void give_back(int32_t slot, uint32_t count) {
        each_word(slot, count, [](uint64_t& word, uint64_t mask) {
            word &= ~mask;
            return true;
        });
    }

    // Calls `act(word, mask)` for the bits of `count` slots from `slot` on; returns the slots done before a refusal.
    template <class Act>
    uint32_t each_word(int32_t slot, uint32_t count, Act act) {
        uint32_t bit = static_cast<uint32_t>(slot), left = count;
        if (page_size_ > 1) bit /= page_size_, left /= page_size_;
        while (left > 0) {
            const uint32_t offset = bit & 63, n = left < 64 - offset ? left : 64 - offset;
            const uint64_t mask = (n == 64 ? ~uint64_t{0} : (uint64_t{1} << n) - 1) << offset;
            if (!act(word(bit), mask)) break;
            bit += n;
            left -= n;
        }
        return count - left * page_size_;
    }

    uint64_t& word(uint32_t bit) { return branches_[bit / kBits / kFan][bit / kBits % kFan][bit / 64 % kWords]; }

    const uint64_t* leaf(uint32_t number) const {
        const uint32_t b = number / kFan;
        return b < branches_used_ && branches_[b] != nullptr ? branches_[b][number % kFan] : nullptr;
    }

    // Makes every leaf in which a bit of `count` slots from `slot` on lies.
    void reach(int32_t slot, uint32_t count) {
        uint32_t first = static_cast<uint32_t>(slot), last = first + (count - 1);
        if (page_size_ > 1) first /= page_size_, last /= page_size_;
        for (uint32_t number = first / kBits; number <= last / kBits; number++) {
            if (leaf(number) == nullptr) grown(number);
        }
    }

    uint64_t* grown(uint32_t number) {
        const uint32_t b = number / kFan;
        if (b >= branches_used_) {
            branches_.reserve(b + 1);
            while (branches_used_ <= b) branches_[branches_used_++] = nullptr;
        }
        if (branches_[b] == nullptr) {
            branches_[b] = zeros<uint64_t*>(kFan);
            branches_made_++;
        }
        branches_[b][number % kFan] = zeros<uint64_t>(kWords);
        leaves_made_++;
        return branches_[b][number % kFan];
    }

    template <class T>
    static T* zeros(size_t count) {
        void* made = std::calloc(count, sizeof(T));
        if (made == nullptr) throw std::bad_alloc();
        return static_cast<T*>(made);
    }

    static bool blank(const uint64_t* leaf) {
        uint64_t any = 0;
        for (uint32_t i = 0; i < kWords; i++) any |= leaf[i];
        return any == 0;
    }

    void drop(uint32_t b) {
        if (branches_[b] == nullptr) return;
        for (uint32_t i = 0; i < kFan; i++) {
            if (branches_[b][i] == nullptr) continue;
            std::free(branches_[b][i]);
            leaves_made_--;
        }
        std::free(branches_[b]);
        branches_[b] = nullptr;
        branches_made_--;
    }

    Column<uint64_t**> branches_;
    uint32_t branches_used_ = 0;
    size_t branches_made_ = 0, leaves_made_ = 0;
    uint32_t page_size_;
};

}  // namespace draftproof
