// The canonical form of constants and code objects, whose SHA-256 is their
// digest: docs/embedded-code.md. The worker takes digests of what it reads, the
// judge in both processes of what a pickle would make; both come from here.
//
//   CanonicalForm form(FormTag::kStr);
//   form.Text("scale");
//   const Digest digest = form.Finish();
//
// Functions of their arguments only; thread-safe.
#ifndef PICKLEBOX_GRAPH_CANONICAL_FORM_H_
#define PICKLEBOX_GRAPH_CANONICAL_FORM_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace picklebox::graph {

using Digest = std::array<uint8_t, 32>;

// The first byte of a form.
enum class FormTag : char {
  kNone = 'N',
  kFalse = 'F',
  kTrue = 'T',
  kEllipsis = '.',
  kStopIteration = 'S',
  kInt = 'i',
  kFloat = 'f',
  kComplex = 'c',
  kStr = 's',
  kBytes = 'b',
  kTuple = 't',
  kFrozenSet = 'z',
  kSlice = 'l',
  kCode = 'C',
  kOther = 'o',
};

// Collects a form and hashes it.
class CanonicalForm {
 public:
  explicit CanonicalForm(FormTag tag) {
    bytes_.push_back(static_cast<char>(tag));
  }
  void Number(uint64_t value);
  void Text(absl::string_view text);  // its length goes first
  void Add(const Digest& digest);
  // The number of items, then each; those of a frozenset are sorted.
  void Items(std::vector<Digest> items, bool sorted);
  Digest Finish() const;

 private:
  std::string bytes_;
};

// What has no more than a tag.
Digest DigestOfPlain(FormTag tag);
// kStr, kBytes, kOther; kInt, whose text is that of MinimalInt.
Digest DigestOfText(FormTag tag, absl::string_view text);
Digest DigestOfFloat(uint64_t bits);
Digest DigestOfComplex(uint64_t real, uint64_t imaginary);
// kTuple, kFrozenSet, kSlice.
Digest DigestOfItems(FormTag tag, std::vector<Digest> items);

// A number in two's complement, little-endian, as short as it can be: without
// last bytes that only repeat the sign. 0 is empty.
absl::string_view MinimalInt(absl::string_view bytes);

// A code object: what its digest is made of.
struct CodeForm {
  uint64_t layout = 0;  // 0: Python 3.6 and 3.7, 1: 3.8 to 3.10, 2: from 3.11
  // Arguments, positional-only, keyword-only, locals, stack size, flags.
  std::array<int64_t, 6> counts = {};
  // Name, bytecode, exception table, constants, names, local, free and cell
  // variables; what is not there is None.
  std::array<Digest, 8> parts = {};
};
Digest DigestOfCode(const CodeForm& code);

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_CANONICAL_FORM_H_
