#include "policy/table_writer.h"

#include <algorithm>
#include <bit>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/bytes.h"
#include "policy/table.h"

namespace picklebox::policy {
namespace {

class TableWriter {
 public:
  std::vector<uint8_t> Write(const TableContent& content) {
    out_.resize(kHeaderSize);
    Put<uint64_t>(kHeaderMagic, kTableMagic);
    Put<uint32_t>(kHeaderFlags,
                  content.persistent_ids ? uint32_t{kPersistentIds} : 0);
    WriteBuckets(content.rules);
    WriteRules(content.rules);
    Put<uint32_t>(kHeaderPatterns, Patterns(content.rules));
    WriteShapes(content.shapes);
    WriteParts(content.parts);
    WriteExtensions(content.extensions);
    WriteLimits(content.limits);
    WriteCodes(content.codes);
    WriteText(content.name);
    Put<uint32_t>(kHeaderSizeOfTable, static_cast<uint32_t>(out_.size()));
    return std::move(out_);
  }

 private:
  template <typename T>
  void Put(uint64_t at, T value) {
    base::StoreLittle<T>(out_.data() + at, value);
  }

  // Makes room for a section and notes it in the header; returns its offset.
  uint64_t Begin(HeaderField field, uint64_t count, uint64_t item_size) {
    const uint64_t offset = out_.size();
    out_.resize(offset + count * item_size);
    Put<uint32_t>(field, static_cast<uint32_t>(offset));
    Put<uint32_t>(field + 4, static_cast<uint32_t>(count));
    return offset;
  }

  static uint32_t Patterns(const std::vector<Rule>& rules) {
    return static_cast<uint32_t>(std::count_if(
        rules.begin(), rules.end(),
        [](const Rule& rule) { return (rule.flags & kPattern) != 0; }));
  }

  // At most half of the buckets are taken, so that a miss ends soon.
  void WriteBuckets(const std::vector<Rule>& rules) {
    const uint32_t count =
        std::bit_ceil(static_cast<uint32_t>(2 * rules.size() + 1));
    std::vector<uint32_t> buckets(count);
    for (uint32_t i = 0; i < rules.size(); ++i) {
      if ((rules[i].flags & kPattern) != 0) continue;
      uint64_t hash = HashGlobal(rules[i].module, rules[i].qualname);
      while (buckets[hash & (count - 1)] != 0) ++hash;
      buckets[hash & (count - 1)] = i + 1;
    }
    const uint64_t offset = Begin(kHeaderBuckets, count, sizeof(uint32_t));
    for (uint32_t i = 0; i < count; ++i)
      Put(offset + i * sizeof(uint32_t), buckets[i]);
  }

  void WriteRules(const std::vector<Rule>& rules) {
    uint64_t at = Begin(kHeaderRules, rules.size(), kRuleSize);
    for (const Rule& rule : rules) {
      Put(at + kRuleHash, HashGlobal(rule.module, rule.qualname));
      Refer(at + kRuleModule, rule.module);
      Refer(at + kRuleQualname, rule.qualname);
      Refer(at + kRuleOrigin, rule.origin);
      Refer(at + kRuleReason, rule.reason);
      Put(at + kRuleUses, rule.uses);
      Put(at + kRuleFlags, rule.flags);
      Put(at + kRuleCall, rule.shapes.call);
      Put(at + kRuleCreate, rule.shapes.create);
      Put(at + kRuleKeywords, rule.shapes.keywords);
      Put(at + kRuleState, rule.shapes.state);
      Put(at + kRuleItems, rule.shapes.items);
      Put(at + kRuleChecks, rule.checks);
      at += kRuleSize;
    }
  }

  void WriteShapes(const std::vector<Shape>& shapes) {
    uint64_t at = Begin(kHeaderShapes, shapes.size(), kShapeSize);
    for (const Shape& shape : shapes) {
      Put(at + kShapeKinds, shape.kinds);
      Put(at + kShapeFirstPart, shape.first_part);
      Put(at + kShapePartCount, shape.part_count);
      Put(at + kShapeRepeat, static_cast<uint8_t>(shape.repeat));
      at += kShapeSize;
    }
  }

  void WriteParts(const std::vector<ShapePart>& parts) {
    uint64_t at = Begin(kHeaderParts, parts.size(), kPartSize);
    for (const ShapePart& part : parts) {
      Put(at + kPartKind, static_cast<uint8_t>(part.kind));
      Put(at + kPartItemCount, part.item_count);
      Put(at + kPartFirstItem, part.first_item);
      Put(at + kPartLow, part.low);
      Put(at + kPartHigh, part.high);
      Refer(at + kPartText, part.text);
      Refer(at + kPartQualname, part.qualname);
      at += kPartSize;
    }
  }

  void WriteExtensions(const std::vector<ExtensionRule>& extensions) {
    uint64_t at = Begin(kHeaderExtensions, extensions.size(), kExtensionSize);
    for (const ExtensionRule& extension : extensions) {
      Put(at + kExtensionCode, extension.code);
      Refer(at + kExtensionModule, extension.module);
      Refer(at + kExtensionQualname, extension.qualname);
      at += kExtensionSize;
    }
  }

  void WriteLimits(const Limits& limits) {
    const uint64_t values[] = {
#define PICKLEBOX_LIMIT(field, ...) limits.field,
#include "picklebox/limits.def"
#undef PICKLEBOX_LIMIT
    };
    const uint64_t offset =
        Begin(kHeaderLimits, std::size(values), sizeof(uint64_t));
    for (size_t i = 0; i < std::size(values); ++i)
      Put(offset + i * sizeof(uint64_t), values[i]);
  }

  void WriteCodes(std::vector<CodeRule> codes) {
    std::stable_sort(codes.begin(), codes.end(),
                     [](const CodeRule& a, const CodeRule& b) {
                       return a.digest < b.digest;
                     });
    uint64_t at = Begin(kHeaderCodes, codes.size(), kCodeSize);
    for (const CodeRule& code : codes) {
      std::copy(code.digest.begin(), code.digest.end(),
                out_.begin() + static_cast<ptrdiff_t>(at + kCodeDigest));
      Put(at + kCodePythons, code.pythons);
      Refer(at + kCodeName, code.name);
      Refer(at + kCodeFile, code.file);
      Refer(at + kCodeOrigin, code.origin);
      Refer(at + kCodeReason, code.reason);
      at += kCodeSize;
    }
  }

  // Remembers that the text belongs to the reference at `at`.
  void Refer(uint64_t at, absl::string_view text) {
    references_.push_back({at, text});
  }

  void WriteText(absl::string_view name) {
    Refer(kHeaderName, name);
    std::string text;
    std::map<absl::string_view, uint64_t> places;
    for (const Reference& reference : references_) {
      const auto [place, is_new] =
          places.try_emplace(reference.text, text.size());
      if (is_new) absl::StrAppend(&text, reference.text);
      Put<uint32_t>(reference.at,
                    static_cast<uint32_t>(out_.size() + place->second));
      Put<uint32_t>(reference.at + 4,
                    static_cast<uint32_t>(reference.text.size()));
    }
    const uint64_t offset = Begin(kHeaderText, text.size(), 1);
    std::copy(text.begin(), text.end(),
              out_.begin() + static_cast<ptrdiff_t>(offset));
  }

  struct Reference {
    uint64_t at;
    absl::string_view text;
  };
  std::vector<uint8_t> out_;
  std::vector<Reference> references_;
};

}  // namespace

std::vector<uint8_t> WriteTable(const TableContent& content) {
  return TableWriter().Write(content);
}

}  // namespace picklebox::policy
