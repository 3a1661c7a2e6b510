// A growing array that does not double: memory is a target here, so it grows by a thirty-second.
//
// Above 128 KiB the C library moves pages instead of copying when it grows an array, so small steps cost little.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace draftproof {

constexpr size_t kSlack = 32;

template <class T>
class Column {
  public:
    Column() = default;
    Column(const Column& other) {
        if (other.capacity_ == 0) return;
        resize(other.capacity_);
        std::memcpy(entries_, other.entries_, bytes());
    }
    Column& operator=(const Column&) = delete;
    ~Column() { std::free(entries_); }

    T& operator[](size_t i) { return entries_[i]; }
    const T& operator[](size_t i) const { return entries_[i]; }
    T* data() { return entries_; }
    const T* data() const { return entries_; }
    size_t capacity() const { return capacity_; }
    size_t bytes() const { return capacity_ * sizeof(T); }

    // Room for `count` entries; new ones are not initialised.
    void reserve(size_t count) {
        if (count > capacity_) resize(count + count / kSlack + 8);
    }

    void resize(size_t count) {
        void* moved = std::realloc(entries_, count * sizeof(T));
        if (moved == nullptr) throw std::bad_alloc();
        entries_ = static_cast<T*>(moved);
        capacity_ = count;
    }

    // Gives what lies beyond `count` entries back. Cannot fail: where the system will not, the array stays as it is.
    void shrink(size_t count) {
        if (count >= capacity_) return;
        void* moved = count == 0 ? nullptr : std::realloc(entries_, count * sizeof(T));
        if (count > 0 && moved == nullptr) return;
        if (count == 0) std::free(entries_);
        entries_ = static_cast<T*>(moved);
        capacity_ = count;
    }

    void swap(Column& other) {
        std::swap(entries_, other.entries_);
        std::swap(capacity_, other.capacity_);
    }

  private:
    T* entries_ = nullptr;
    size_t capacity_ = 0;
};

// When each block of 2^shift entries of an array last changed, in generations that a mirror counts.
class Stamps {
  public:
    explicit Stamps(int shift) : shift_(shift) {}

    size_t block() const { return size_t{1} << shift_; }
    size_t blocks() const { return size_; }
    uint32_t at(size_t block) const { return stamps_[block]; }
    size_t bytes() const { return stamps_.bytes(); }

    // The array has `entries` entries from now on; those that are new count as changed.
    void reach(size_t entries, uint32_t generation) {
        const size_t wanted = (entries + block() - 1) >> shift_;
        stamps_.reserve(wanted);
        while (size_ < wanted) stamps_[size_++] = generation;
    }

    // The array has no more than `entries` entries from now on.
    void cut(size_t entries) {
        const size_t left = (entries + block() - 1) >> shift_;
        if (left < size_) size_ = left;
        stamps_.shrink(size_);
    }

    void change(size_t entry, uint32_t generation) { stamps_[entry >> shift_] = generation; }

    void change(size_t begin, size_t end, uint32_t generation) {
        for (size_t i = begin >> shift_; i << shift_ < end; i++) stamps_[i] = generation;
    }

  private:
    Column<uint32_t> stamps_;
    size_t size_ = 0;
    int shift_;
};

}  // namespace draftproof
