#include "sandbox/arena.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "sandbox/protocol.h"

namespace picklebox::sandbox {
namespace {

// In front of each block. A block that AllocateAligned moved forward has a
// second one, whose `shift` leads back to the block that was allocated.
struct Header {
  uint32_t index;
  uint32_t shift;
};
constexpr size_t kHeader = sizeof(Header);
static_assert(kHeader == 8);

constexpr size_t kGrain = 16;
constexpr size_t kSmallest = 32;  // header and 24 bytes
constexpr size_t kLinear = 512;   // up to here, a class every 16 bytes
constexpr size_t kLinearClasses = kLinear / kGrain + 1;
constexpr size_t kStepsPerDoubling = 8;
constexpr size_t kLargest = size_t{1} << 46;

// The class whose blocks, header included, hold at least `chunk` bytes.
size_t ClassOf(size_t chunk) {
  if (chunk <= kLinear) return (chunk + kGrain - 1) / kGrain;
  const int exponent = std::bit_width(chunk - 1) - 1;  // 2^e < chunk <= 2^(e+1)
  const size_t step = (size_t{1} << exponent) / kStepsPerDoubling;
  const size_t above = chunk - (size_t{1} << exponent);
  return kLinearClasses + (exponent - 9) * kStepsPerDoubling +
         (above + step - 1) / step - 1;
}

// The size of the blocks of a class, header included.
size_t ChunkOf(size_t index) {
  if (index < kLinearClasses) return index * kGrain;
  const size_t exponent = (index - kLinearClasses) / kStepsPerDoubling + 9;
  const size_t nth = (index - kLinearClasses) % kStepsPerDoubling + 1;
  return (size_t{1} << exponent) +
         nth * ((size_t{1} << exponent) / kStepsPerDoubling);
}

Header HeaderOf(const void* block) {
  Header header;
  std::memcpy(&header, static_cast<const char*>(block) - kHeader, kHeader);
  return header;
}

void* Label(char* chunk, Header header) {
  std::memcpy(chunk, &header, kHeader);
  return chunk + kHeader;
}

void* Origin(void* block) {
  return static_cast<char*>(block) - HeaderOf(block).shift;
}

}  // namespace

void* Arena::Reserve(size_t bytes) {
  if (bytes > available()) return nullptr;
  const uintptr_t top =
      (reinterpret_cast<uintptr_t>(high_) - bytes) & ~uintptr_t{kPage - 1};
  if (top < reinterpret_cast<uintptr_t>(low_)) return nullptr;
  high_ -= reinterpret_cast<uintptr_t>(high_) - top;
  used_ = std::min(used_, high_);
  return high_;
}

char* Arena::Grow(size_t bytes) {
  if (bytes > available()) return nullptr;
  char* chunk = low_;
  low_ += bytes;
  if (low_ > used_) {  // into what Reserve had and Release gave back
    char* const dirty = std::max(chunk, used_);
    std::memset(dirty, 0, static_cast<size_t>(low_ - dirty));
    used_ = low_;
  }
  return chunk;
}

struct Heap::FreeBlock {
  FreeBlock* next;
};

void* Heap::Take(size_t size, bool zero) {
  static_assert(kLinearClasses + (46 - 9) * kStepsPerDoubling <= kClasses);
  if (size > kLargest - kHeader) return nullptr;
  size_t chunk = size + kHeader;
  if (chunk < kSmallest) chunk = kSmallest;
  const size_t index = ClassOf(chunk);
  if (free_[index] != nullptr) return TakeFree(index, size, zero);
  // Chunks begin 8 bytes before a multiple of 16, so that blocks are aligned.
  const uintptr_t low = reinterpret_cast<uintptr_t>(arena_->low());
  const size_t pad = (kGrain + kHeader - low % kGrain) % kGrain;
  char* fresh = arena_->Grow(pad + ChunkOf(index));
  if (fresh != nullptr) {
    return Label(fresh + pad, {static_cast<uint32_t>(index), 0});
  }
  // The arena is used up: a larger block that lies idle is better than none.
  for (size_t larger = index + 1; larger < kClasses; ++larger) {
    if (free_[larger] != nullptr) return TakeFree(larger, size, zero);
  }
  return nullptr;
}

void* Heap::TakeFree(size_t index, size_t size, bool zero) {
  FreeBlock* block = free_[index];
  free_[index] = block->next;
  if (zero) std::memset(static_cast<void*>(block), 0, size);
  return block;
}

void* Heap::AllocateZeroed(size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
  return Take(bytes, /*zero=*/true);
}

void* Heap::AllocateAligned(size_t alignment, size_t size) {
  if (alignment <= kGrain) return Allocate(size);
  if (alignment > (size_t{1} << 30) || size > kLargest - alignment) {
    return nullptr;
  }
  char* block = static_cast<char*>(Allocate(size + alignment));
  if (block == nullptr) return nullptr;
  const uintptr_t at = reinterpret_cast<uintptr_t>(block);
  const size_t shift = (alignment - at % alignment) % alignment;
  if (shift == 0) return block;
  // shift is a multiple of 16, so there is room for the second header.
  return Label(block + shift - kHeader,
               {HeaderOf(block).index, static_cast<uint32_t>(shift)});
}

size_t Heap::UsableSize(const void* block) {
  if (block == nullptr) return 0;
  const Header header = HeaderOf(block);
  return ChunkOf(header.index) - kHeader - header.shift;
}

bool Heap::GrowInPlace(void* block, size_t index) {
  const Header header = HeaderOf(block);
  char* chunk = static_cast<char*>(block) - kHeader;
  const size_t old = ChunkOf(header.index);
  if (header.shift != 0 || chunk + old != arena_->low()) return false;
  if (arena_->Grow(ChunkOf(index) - old) == nullptr) return false;
  Label(chunk, {static_cast<uint32_t>(index), 0});
  return true;
}

void* Heap::Reallocate(void* block, size_t size) {
  if (block == nullptr) return Allocate(size);
  const size_t had = UsableSize(block);
  if (size <= had) return block;
  if (size > kLargest - kHeader) return nullptr;
  if (GrowInPlace(block, ClassOf(size + kHeader))) return block;
  void* moved = Allocate(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, had);
  Free(block);
  return moved;
}

void Heap::Free(void* block) {
  if (block == nullptr) return;
  void* origin = Origin(block);
  const size_t index = HeaderOf(origin).index;
  FreeBlock* freed = new (origin) FreeBlock{free_[index]};
  free_[index] = freed;
}

}  // namespace picklebox::sandbox
