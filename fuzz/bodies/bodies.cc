#include "fuzz/bodies/bodies.h"

#include <algorithm>
#include <memory>

namespace picklebox::fuzz {
namespace {

constexpr Target kTargets[] = {
    {"machine", FuzzMachine},
    {"decoder", FuzzDecoder},
    {"vetting", FuzzVetting},
    {"verifier", FuzzVerifier},
    {"reply", FuzzReply},
    {"policy", FuzzPolicy},
    {"npy", FuzzNpy},
    {"joblib", FuzzJoblib},
    {"torch", FuzzTorch},
    {"number", FuzzNumber},
    {"container", FuzzContainer},
    {"marshal", FuzzMarshal},
};

}  // namespace

absl::Span<const Target> Targets() { return kTargets; }

const Target* FindTarget(absl::string_view name) {
  for (const Target& target : kTargets) {
    if (target.name == name) return &target;
  }
  return nullptr;
}

void RunBody(const Target& target, absl::Span<const uint8_t> input) {
  const std::unique_ptr<uint8_t[]> copy(new uint8_t[input.size()]);
  std::copy(input.begin(), input.end(), copy.get());
  target.body({copy.get(), input.size()});
}

}  // namespace picklebox::fuzz
