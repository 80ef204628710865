#ifndef PICKLEBOX_SANDBOX_ARENA_H_
#define PICKLEBOX_SANDBOX_ARENA_H_

#include <cstddef>
#include <cstdint>

// The memory of a worker: one range of zeroed, untouched address space that
// was mapped before lock-down and can never grow. Two users share it:
//
//   begin                                                          end
//   | malloc and operator new (Heap) ->         <- Arena::Reserve() |
//
// Pages cost nothing until they are touched, so reserving generously is the
// way to have arrays that grow without being copied:
//
//   auto* nodes = static_cast<Node*>(work.arena->Reserve(max_nodes * 16));
//   if (nodes == nullptr) return TooBig();
//
// When both ends meet the arena is exhausted: that is the worker's memory
// limit, deterministic and without a signal. Single-threaded, like the worker.

namespace picklebox::sandbox {

class Arena {
 public:
  constexpr Arena() = default;
  Arena(char* begin, char* end)
      : low_(begin), high_(end), used_(end), end_(end) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Moves on to another range. What was handed out of the old one stays valid.
  void Reset(char* begin, char* end) {
    low_ = begin;
    high_ = used_ = end_ = end;
  }

  // `bytes` at a page boundary, zeroed unless they were reserved before;
  // nullptr if the arena has no more room.
  void* Reserve(size_t bytes);
  // How much is reserved. Release gives back what was reserved since then.
  size_t reserved() const { return static_cast<size_t>(end_ - high_); }
  void Release(size_t reserved) { high_ = end_ - reserved; }

  // The heap's end. Grow gives the next `bytes`, zeroed, straight after what
  // Grow gave before, or nullptr. low() is where the next Grow begins.
  char* Grow(size_t bytes);
  char* low() const { return low_; }

  size_t available() const { return static_cast<size_t>(high_ - low_); }

 private:
  char* low_ = nullptr;
  char* high_ = nullptr;
  char* used_ = nullptr;  // from here on, bytes may have been written to
  char* end_ = nullptr;
};

// A malloc for one thread: size classes (16-byte steps, then eight a
// doubling), a free list for each, fresh memory from the arena. Blocks are
// neither split nor merged; the last one grows in place. An 8-byte header a
// block, so that different sizes lie side by side and a small job touches few
// pages. No call of it makes a system call or runs longer than its copying.
//
// It keeps no secrets from an attacker inside the worker: what protects the
// host is the process boundary.
class Heap {
 public:
  constexpr explicit Heap(Arena* arena) : arena_(arena) {}
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  // nullptr when the arena is exhausted; Allocate(0) is a unique pointer.
  void* Allocate(size_t size) { return Take(size, /*zero=*/false); }
  void* AllocateZeroed(size_t count, size_t size);
  // `alignment`: a power of two.
  void* AllocateAligned(size_t alignment, size_t size);
  // Keeps the old block on failure, as realloc does.
  void* Reallocate(void* block, size_t size);
  void Free(void* block);
  static size_t UsableSize(const void* block);

 private:
  struct FreeBlock;
  static constexpr size_t kClasses = 336;

  void* Take(size_t size, bool zero);
  void* TakeFree(size_t index, size_t size, bool zero);
  bool GrowInPlace(void* block, size_t index);

  Arena* arena_;
  FreeBlock* free_[kClasses] = {};
};

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_ARENA_H_
