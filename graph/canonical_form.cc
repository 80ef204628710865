#include "graph/canonical_form.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "report/sha256.h"

namespace picklebox::graph {

void CanonicalForm::Number(uint64_t value) {
  uint8_t buffer[8];
  base::StoreLittle(buffer, value);
  bytes_.append(reinterpret_cast<const char*>(buffer), sizeof(buffer));
}

void CanonicalForm::Text(absl::string_view text) {
  Number(text.size());
  bytes_.append(text.data(), text.size());
}

void CanonicalForm::Add(const Digest& digest) {
  bytes_.append(reinterpret_cast<const char*>(digest.data()), digest.size());
}

void CanonicalForm::Items(std::vector<Digest> items, bool sorted) {
  if (sorted) std::sort(items.begin(), items.end());
  Number(items.size());
  for (const Digest& item : items) Add(item);
}

Digest CanonicalForm::Finish() const {
  report::Sha256 hash;
  hash.Update(bytes_);
  return hash.Finish();
}

Digest DigestOfPlain(FormTag tag) { return CanonicalForm(tag).Finish(); }

Digest DigestOfText(FormTag tag, absl::string_view text) {
  CanonicalForm form(tag);
  form.Text(text);
  return form.Finish();
}

Digest DigestOfFloat(uint64_t bits) {
  CanonicalForm form(FormTag::kFloat);
  form.Number(bits);
  return form.Finish();
}

Digest DigestOfComplex(uint64_t real, uint64_t imaginary) {
  CanonicalForm form(FormTag::kComplex);
  form.Number(real);
  form.Number(imaginary);
  return form.Finish();
}

Digest DigestOfItems(FormTag tag, std::vector<Digest> items) {
  CanonicalForm form(tag);
  form.Items(std::move(items), tag == FormTag::kFrozenSet);
  return form.Finish();
}

absl::string_view MinimalInt(absl::string_view bytes) {
  while (!bytes.empty()) {
    const uint8_t last = static_cast<uint8_t>(bytes.back());
    const uint8_t before =
        bytes.size() > 1 ? static_cast<uint8_t>(bytes[bytes.size() - 2]) : 0;
    if (!(last == 0 && before < 0x80) &&
        !(last == 0xff && bytes.size() > 1 && before >= 0x80)) {
      break;
    }
    bytes.remove_suffix(1);
  }
  return bytes;
}

Digest DigestOfCode(const CodeForm& code) {
  CanonicalForm form(FormTag::kCode);
  form.Number(code.layout);
  for (const int64_t number : code.counts)
    form.Number(static_cast<uint64_t>(number));
  for (const Digest& part : code.parts) form.Add(part);
  return form.Finish();
}

}  // namespace picklebox::graph
