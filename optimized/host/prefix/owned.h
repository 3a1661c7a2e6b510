// Which slots, or pages of slots, the tree holds: one bit each, in leaves of 8,192 bits made when first needed.
//
// Slots mostly come in runs that count upwards. A run is tested and set by the word; only scattered slots are taken
// one by one.
#pragma once
#include <cstdint>
#include <cstdlib>

#include "column.h"
#include "tokens.h"

namespace draftproof {

class Owned {
  public:
    explicit Owned(uint32_t page_size) : page_size_(page_size) {}
    Owned(const Owned&) = delete;
    Owned& operator=(const Owned&) = delete;
    ~Owned() {
        for (size_t i = 0; i < size_; i++) std::free(leaves_[i]);
    }

    size_t bytes() const { return leaves_.bytes() + made_ * kWords * sizeof(uint64_t); }

    // Takes the slots of whole pages, each not negative; if one is held already, takes none and returns false.
    bool take(const int32_t* slots, uint32_t count) {
        for (uint32_t i = 0; i < count;) {
            const uint32_t n = run(slots + i, count - i);
            const auto take_bits = [](uint64_t& word, uint64_t mask) {
                if ((word & mask) != 0) return false;
                word |= mask;
                return true;
            };
            const uint32_t taken = n == 1 ? take_bits(word(slots[i]), uint64_t{1} << (slots[i] & 63))
                                          : each_word(slots[i], n, take_bits);
            if (taken < n) {
                release(slots, i);
                give_back(slots[i], taken);
                return false;
            }
            i += n;
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

  private:
    static constexpr uint32_t kWords = 128;

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

    uint64_t& word(uint32_t bit) {
        const uint32_t leaf = bit / (64 * kWords);
        if (leaf >= size_) {
            leaves_.reserve(leaf + 1);
            while (size_ <= leaf) leaves_[size_++] = nullptr;
        }
        if (leaves_[leaf] == nullptr) {
            leaves_[leaf] = static_cast<uint64_t*>(std::calloc(kWords, sizeof(uint64_t)));
            if (leaves_[leaf] == nullptr) throw std::bad_alloc();
            made_++;
        }
        return leaves_[leaf][bit / 64 % kWords];
    }

    Column<uint64_t*> leaves_;
    size_t size_ = 0, made_ = 0;
    uint32_t page_size_;
};

}  // namespace draftproof
