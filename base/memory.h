// Memory for tables that grow with the input.
//
// A table asks once for the most that it could ever need. The pages of that
// range cost nothing until they are touched, so growing is a store, never a
// copy. In the worker the range comes from the arena of the jail; elsewhere
// from the heap. Not thread-safe.
//
// What a file's members need one after the other is given back in between:
//
//   const size_t mark = memory.Mark();
//   { Machine machine(options, memory, ...); ... }
//   memory.Release(mark);
#ifndef PICKLEBOX_BASE_MEMORY_H_
#define PICKLEBOX_BASE_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

namespace picklebox::base {

class Memory {
 public:
  virtual ~Memory() = default;
  // `bytes` of lazily touched memory, aligned for any type, valid until it is
  // released or this object ends; nullptr when there is no room. Contents are
  // unspecified.
  virtual void* Reserve(size_t bytes) = 0;
  // What is reserved so far. Release() gives back what was reserved since.
  virtual size_t Mark() const = 0;
  virtual void Release(size_t mark) = 0;
};

// Memory of the process heap, freed with the object.
class HeapMemory final : public Memory {
 public:
  void* Reserve(size_t bytes) override {
    std::unique_ptr<void, decltype(&std::free)> block(std::malloc(bytes),
                                                      &std::free);
    if (block == nullptr) return nullptr;
    blocks_.push_back(std::move(block));
    return blocks_.back().get();
  }
  size_t Mark() const override { return blocks_.size(); }
  void Release(size_t mark) override {
    while (blocks_.size() > mark) blocks_.pop_back();
  }

 private:
  std::vector<std::unique_ptr<void, decltype(&std::free)>> blocks_;
};

// A table of trivially copyable T that grows in place up to a fixed capacity.
template <typename T>
class Column {
 public:
  Column() = default;
  // An empty table for at most `capacity` items; if `memory` has no room for
  // that, for as many as it has room for, halving until it fits.
  Column(Memory& memory, size_t capacity) {
    for (; capacity > 0; capacity /= 2) {
      data_ = static_cast<T*>(memory.Reserve(capacity * sizeof(T)));
      if (data_ != nullptr) break;
    }
    capacity_ = capacity;
  }

  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  bool full() const { return size_ == capacity_; }
  bool empty() const { return size_ == 0; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T& back() { return data_[size_ - 1]; }

  // The caller has seen that the table is not full().
  void push_back(T item) { data_[size_++] = item; }
  // Shrinks to `size`, or grows to it with unspecified items (at most
  // capacity()).
  void resize(size_t size) { size_ = size; }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace picklebox::base

#endif  // PICKLEBOX_BASE_MEMORY_H_
