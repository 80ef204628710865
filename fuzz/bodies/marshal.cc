// Marshal data, and everything that is made of the code objects in it, by the
// tables of all versions.
#include "code/marshal.h"

#include <cstdint>
#include <string>

#include "code/instructions.h"
#include "code/listing.h"
#include "code/store.h"
#include "code/summary.h"
#include "code/text.h"
#include "fuzz/bodies/bodies.h"
#include "fuzz/bodies/check.h"

namespace picklebox::fuzz {
namespace {

// Lines of one listing.
constexpr int kLines = 1000;
constexpr size_t kCodes = 16;

void Exercise(const code::Store& store, const code::CodeObject& object) {
  uint64_t work = 1 << 16;
  const code::Versions versions = code::NarrowVersions(store, object, &work);
  FUZZ_CHECK((versions & ~object.versions) == 0, "versions");
  code::Signature(store, object);
  for (int minor = code::kOldestPython; minor <= code::kNewestPython; ++minor) {
    const code::Summary summary = code::Summarize(store, object, minor);
    FUZZ_CHECK(summary.calls.size() <= code::kMostEntries, "calls");
    int lines = 0;
    code::List(store, object, minor, [&lines](absl::string_view text) {
      FUZZ_CHECK(IsPrintable(text, true), std::string(text));
      return ++lines < kLines;
    });
    FUZZ_CHECK(lines <= kLines + 1, "lines");
  }
}

}  // namespace

void FuzzMarshal(absl::Span<const uint8_t> input) {
  const absl::string_view bytes(reinterpret_cast<const char*>(input.data()),
                                input.size());
  code::Store store;
  const code::ValueId value = code::ReadMarshal(bytes, 0, &store);
  if (value == code::kNoValue) return;
  FUZZ_CHECK(value < store.size(), "value");
  const std::string text = code::ConstantText(store, value);
  FUZZ_CHECK(IsPrintable(text, false), text);
  for (code::CodeId id = 0; id < store.codes() && id < kCodes; ++id)
    Exercise(store, store.code(id));
  // The same bytes are the same value.
  code::Store again;
  const code::ValueId twin = code::ReadMarshal(bytes, 0, &again);
  FUZZ_CHECK(twin != code::kNoValue, "read once only");
  FUZZ_CHECK(store.digest(value) == again.digest(twin), "digests");
}

}  // namespace picklebox::fuzz
