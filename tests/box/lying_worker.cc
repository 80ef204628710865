// A worker that does its work and then lies about it: it makes the honest reply
// and changes some of its bytes. Which ones follows from a seed in the file
// that it was given: eight bytes behind "C\x08". Compiled for tests only.
#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "box/serve.h"
#include "sandbox/worker.h"

namespace picklebox::box {
namespace {

uint64_t SeedOf(std::span<const uint8_t> input) {
  uint64_t seed = 0;
  for (size_t i = 0; i + 10 <= input.size(); ++i) {
    if (input[i] == 'C' && input[i + 1] == 8) {
      std::memcpy(&seed, input.data() + i + 2, sizeof(seed));
      break;
    }
  }
  return seed;
}

// splitmix64
uint64_t Next(uint64_t* state) {
  uint64_t z = *state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

// One change of the `size` bytes of a reply; its new size.
size_t Change(uint8_t* reply, size_t size, size_t capacity, uint64_t* random) {
  static constexpr uint32_t kNumbers[] = {
      0, 1, 2, 3, 127, 128, 255, 256, 0x7fffffff, 0x80000000, 0xffffffff};
  if (size < 32) return size;
  // Headers, which stand in front, as often as all the rest.
  const size_t reach =
      Next(random) % 2 == 0 ? std::min<size_t>(size, 200) : size;
  const size_t at = Next(random) % (reach - 8);
  const size_t from = Next(random) % (size - 8);
  switch (Next(random) % 7) {
    case 0:
      reply[at] ^= static_cast<uint8_t>(1u << Next(random) % 8);
      return size;
    case 1:
      reply[at] = static_cast<uint8_t>(Next(random));
      return size;
    case 2:
      std::memcpy(reply + at, &kNumbers[Next(random) % 11], 4);
      return size;
    case 3:
      std::memmove(reply + at, reply + from, 1 + Next(random) % 8);
      return size;
    case 4:
      return from;
    case 5:
      return std::min(capacity, size + Next(random) % 64);
    default:
      std::swap(reply[at], reply[from]);
      return size;
  }
}

void Lie(sandbox::Work& work) {
  Serve(work);
  uint64_t random = SeedOf(work.input);
  if (random == 0) return;  // honest
  const uint64_t changes = 1 + Next(&random) % 4;
  for (uint64_t i = 0; i < changes; ++i) {
    work.written = Change(work.result, work.written, work.capacity, &random);
  }
}

}  // namespace
}  // namespace picklebox::box

int main(int argc, char** argv) {
  return picklebox::sandbox::ZygoteMain(argc, argv, &picklebox::box::Lie,
                                        &picklebox::box::Prepare);
}
