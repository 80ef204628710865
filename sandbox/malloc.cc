#include "sandbox/malloc.h"

#include <cerrno>
#include <cstdlib>
#include <new>

#include "sandbox/fatal.h"
#include "sandbox/protocol.h"

// malloc and operator new of a static worker, over one Arena.

namespace picklebox::sandbox {
namespace {

// What the zygote has before any worker exists: static initialisers, the
// emergency pool of libstdc++, a Prepare function. Untouched pages are free.
constexpr size_t kPoolSize = size_t{32} << 20;
alignas(kPage) constinit char pool[kPoolSize] = {};

constinit Arena arena;
constinit Heap heap(&arena);
constinit bool in_pool = false;

// Static initialisers of other objects may allocate before ours would run, so
// the pool is attached by the first call instead.
inline Heap& TheHeap() {
  if (!in_pool) [[unlikely]] {
    in_pool = true;
    arena.Reset(pool, pool + kPoolSize);
  }
  return heap;
}

inline void* OrErrno(void* block) {
  if (block == nullptr) errno = ENOMEM;
  return block;
}

inline void* OrLeave(void* block) {
  if (block == nullptr) [[unlikely]]
    OutOfMemory();
  return block;
}

bool PowerOfTwo(size_t n) { return n != 0 && (n & (n - 1)) == 0; }

}  // namespace

Arena* UseArena(char* begin, char* end) {
  TheHeap();
  arena.Reset(begin, end);
  return &arena;
}

}  // namespace picklebox::sandbox

using picklebox::sandbox::Heap;
using picklebox::sandbox::OrErrno;
using picklebox::sandbox::OrLeave;
using picklebox::sandbox::PowerOfTwo;
using picklebox::sandbox::TheHeap;

extern "C" {

void* malloc(size_t size) noexcept { return OrErrno(TheHeap().Allocate(size)); }

void free(void* block) noexcept { TheHeap().Free(block); }

void* calloc(size_t count, size_t size) noexcept {
  return OrErrno(TheHeap().AllocateZeroed(count, size));
}

void* realloc(void* block, size_t size) noexcept {
  return OrErrno(TheHeap().Reallocate(block, size));
}

void* memalign(size_t alignment, size_t size) noexcept {
  if (!PowerOfTwo(alignment)) {
    errno = EINVAL;
    return nullptr;
  }
  return OrErrno(TheHeap().AllocateAligned(alignment, size));
}

void* aligned_alloc(size_t alignment, size_t size) noexcept {
  return memalign(alignment, size);
}

int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  if (!PowerOfTwo(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
  void* taken = TheHeap().AllocateAligned(alignment, size);
  if (taken == nullptr) return ENOMEM;
  *block = taken;
  return 0;
}

void* valloc(size_t size) noexcept {
  return memalign(picklebox::sandbox::kPage, size);
}

void* pvalloc(size_t size) noexcept {
  return memalign(picklebox::sandbox::kPage, size);
}

size_t malloc_usable_size(void* block) noexcept {
  return Heap::UsableSize(block);
}

}  // extern "C"

// Throwing needs memory too: a worker that has none left ends at once, with a
// code of its own, unless it asked by nothrow or malloc.

void* operator new(size_t size) { return OrLeave(TheHeap().Allocate(size)); }
void* operator new[](size_t size) { return OrLeave(TheHeap().Allocate(size)); }
void* operator new(size_t size, std::align_val_t alignment) {
  return OrLeave(
      TheHeap().AllocateAligned(static_cast<size_t>(alignment), size));
}
void* operator new[](size_t size, std::align_val_t alignment) {
  return OrLeave(
      TheHeap().AllocateAligned(static_cast<size_t>(alignment), size));
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return TheHeap().Allocate(size);
}
void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  return TheHeap().Allocate(size);
}
void* operator new(size_t size, std::align_val_t alignment,
                   const std::nothrow_t&) noexcept {
  return TheHeap().AllocateAligned(static_cast<size_t>(alignment), size);
}
void* operator new[](size_t size, std::align_val_t alignment,
                     const std::nothrow_t&) noexcept {
  return TheHeap().AllocateAligned(static_cast<size_t>(alignment), size);
}

void operator delete(void* block) noexcept { TheHeap().Free(block); }
void operator delete[](void* block) noexcept { TheHeap().Free(block); }
void operator delete(void* block, size_t) noexcept { TheHeap().Free(block); }
void operator delete[](void* block, size_t) noexcept { TheHeap().Free(block); }
void operator delete(void* block, std::align_val_t) noexcept {
  TheHeap().Free(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
  TheHeap().Free(block);
}
void operator delete(void* block, size_t, std::align_val_t) noexcept {
  TheHeap().Free(block);
}
void operator delete[](void* block, size_t, std::align_val_t) noexcept {
  TheHeap().Free(block);
}
void operator delete(void* block, const std::nothrow_t&) noexcept {
  TheHeap().Free(block);
}
void operator delete[](void* block, const std::nothrow_t&) noexcept {
  TheHeap().Free(block);
}
void operator delete(void* block, std::align_val_t,
                     const std::nothrow_t&) noexcept {
  TheHeap().Free(block);
}
void operator delete[](void* block, std::align_val_t,
                       const std::nothrow_t&) noexcept {
  TheHeap().Free(block);
}
