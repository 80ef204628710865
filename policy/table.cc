#include "policy/table.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/status/status.h"
#include "base/bytes.h"

namespace picklebox::policy {
namespace {

using base::LoadLittle;

constexpr uint32_t kLimits = 0
#define PICKLEBOX_LIMIT(...) +1
#include "picklebox/limits.def"
#undef PICKLEBOX_LIMIT
    ;

constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15;

uint64_t Mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * kMultiplier;
  return hash ^ (hash >> 29);
}

uint64_t HashText(uint64_t hash, absl::string_view text) {
  const uint8_t* p = reinterpret_cast<const uint8_t*>(text.data());
  size_t left = text.size();
  for (; left >= 8; left -= 8, p += 8)
    hash = Mix(hash, LoadLittle<uint64_t>(p));
  uint64_t tail = 0;
  for (size_t i = 0; i < left; ++i)
    tail |= static_cast<uint64_t>(p[i]) << (8 * i);
  return Mix(Mix(hash, tail), text.size());
}

}  // namespace

uint64_t HashGlobal(absl::string_view module, absl::string_view qualname) {
  return HashText(HashText(kMultiplier, module), qualname);
}

absl::StatusOr<PolicyTable> PolicyTable::Open(absl::Span<const uint8_t> block) {
  PolicyTable table;
  if (block.size() < kHeaderSize ||
      LoadLittle<uint64_t>(block.data()) != kTableMagic) {
    return absl::InvalidArgumentError("no compiled policy");
  }
  if (LoadLittle<uint32_t>(block.data() + kHeaderSizeOfTable) != block.size()) {
    return absl::InvalidArgumentError("compiled policy of the wrong size");
  }
  table.block_ = block;
  table.flags_ = LoadLittle<uint32_t>(block.data() + kHeaderFlags);
  const auto buckets = table.ReadSection(kHeaderBuckets, sizeof(uint32_t));
  const auto rules = table.ReadSection(kHeaderRules, kRuleSize);
  const auto extensions = table.ReadSection(kHeaderExtensions, kExtensionSize);
  const auto limits = table.ReadSection(kHeaderLimits, sizeof(uint64_t));
  const auto shapes = table.ReadSection(kHeaderShapes, kShapeSize);
  const auto parts = table.ReadSection(kHeaderParts, kPartSize);
  const auto codes = table.ReadSection(kHeaderCodes, kCodeSize);
  if (!buckets || !rules || !extensions || !limits || !shapes || !parts ||
      !codes || !table.ReadSection(kHeaderText, 1)) {
    return absl::InvalidArgumentError(
        "compiled policy with a section outside of it");
  }
  if (!std::has_single_bit(buckets->count) || limits->count != kLimits) {
    return absl::InvalidArgumentError("compiled policy of another version");
  }
  table.buckets_ = *buckets;
  table.rules_ = *rules;
  table.shapes_ = *shapes;
  table.parts_ = *parts;
  table.extensions_ = *extensions;
  table.limits_ = *limits;
  table.codes_ = *codes;
  const absl::Status status = table.CompilePatterns();
  if (!status.ok()) return status;
  return table;
}

absl::StatusOr<std::vector<PolicyTable>> PolicyTable::OpenAll(
    absl::Span<const uint8_t> blocks) {
  std::vector<PolicyTable> tables;
  while (tables.empty() || !blocks.empty()) {
    if (blocks.size() < kHeaderSize)
      return absl::InvalidArgumentError("no compiled policy");
    const size_t size =
        LoadLittle<uint32_t>(blocks.data() + kHeaderSizeOfTable);
    if (size < kHeaderSize || size > blocks.size())
      return absl::InvalidArgumentError("compiled policy of the wrong size");
    absl::StatusOr<PolicyTable> table = Open(blocks.subspan(0, size));
    if (!table.ok()) return table.status();
    tables.push_back(*std::move(table));
    blocks.remove_prefix(size);
  }
  return tables;
}

absl::Status PolicyTable::CompilePatterns() {
  const uint32_t count = LoadLittle<uint32_t>(block_.data() + kHeaderPatterns);
  if (count == 0) return absl::OkStatus();
  if (count > rules_.count || count > kMaxPatternRules)
    return absl::InvalidArgumentError("compiled policy of too many patterns");
  auto patterns = std::make_shared<std::vector<Pattern>>();
  for (uint32_t i = rules_.count - count; i < rules_.count; ++i) {
    const Rule read = rule(static_cast<int>(i));
    Pattern pattern{static_cast<int>(i), {}, {}};
    PatternMistake mistake;
    if ((read.flags & kModulePattern) != 0) {
      pattern.module =
          NamePattern::Compile(NamePattern::kModule, read.module, &mistake);
    }
    if ((read.flags & kQualnamePattern) != 0) {
      pattern.qualname =
          NamePattern::Compile(NamePattern::kQualname, read.qualname, &mistake);
    }
    if (!mistake.message.empty() || (read.flags & kPattern) == 0) {
      return absl::InvalidArgumentError(
          "compiled policy with a pattern that is none");
    }
    patterns->push_back(std::move(pattern));
  }
  patterns_ = std::move(patterns);
  return absl::OkStatus();
}

std::optional<PolicyTable::Section> PolicyTable::ReadSection(
    HeaderField field, uint32_t item_size) const {
  const Section section{LoadLittle<uint32_t>(block_.data() + field),
                        LoadLittle<uint32_t>(block_.data() + field + 4)};
  const uint64_t end = section.offset + uint64_t{section.count} * item_size;
  return end <= block_.size() ? std::optional<Section>(section) : std::nullopt;
}

// The text that the reference at `at` means; empty if it is not in the block.
absl::string_view PolicyTable::Text(uint64_t at) const {
  const uint32_t offset = LoadLittle<uint32_t>(block_.data() + at);
  const uint32_t size = LoadLittle<uint32_t>(block_.data() + at + 4);
  if (uint64_t{offset} + size > block_.size()) return {};
  return {reinterpret_cast<const char*>(block_.data()) + offset, size};
}

int PolicyTable::Find(absl::string_view module,
                      absl::string_view qualname) const {
  const uint64_t hash = HashGlobal(module, qualname);
  for (uint32_t probe = 0; probe < buckets_.count; ++probe) {
    const uint32_t bucket =
        static_cast<uint32_t>(hash + probe) & (buckets_.count - 1);
    const uint32_t number = LoadLittle<uint32_t>(
        block_.data() + buckets_.offset + bucket * sizeof(uint32_t));
    if (number == 0 || number > rules_.count) break;
    const uint64_t at = rules_.offset + uint64_t{number - 1} * kRuleSize;
    if (LoadLittle<uint64_t>(block_.data() + at + kRuleHash) == hash &&
        Text(at + kRuleModule) == module &&
        Text(at + kRuleQualname) == qualname) {
      return static_cast<int>(number - 1);
    }
  }
  return patterns_ == nullptr ? kNoRule : FindPattern(module, qualname);
}

int PolicyTable::FindPattern(absl::string_view module,
                             absl::string_view qualname) const {
  for (auto it = patterns_->rbegin(); it != patterns_->rend(); ++it) {
    const uint64_t at =
        rules_.offset + uint64_t{static_cast<uint32_t>(it->rule)} * kRuleSize;
    const bool module_fits = it->module ? it->module->Matches(module)
                                        : Text(at + kRuleModule) == module;
    if (!module_fits) continue;
    const bool qualname_fits = it->qualname
                                   ? it->qualname->Matches(qualname)
                                   : Text(at + kRuleQualname) == qualname;
    if (qualname_fits) return it->rule;
  }
  return kNoRule;
}

Rule PolicyTable::rule(int number) const {
  const uint64_t at =
      rules_.offset + uint64_t{static_cast<uint32_t>(number)} * kRuleSize;
  Rule rule;
  rule.module = Text(at + kRuleModule);
  rule.qualname = Text(at + kRuleQualname);
  rule.origin = Text(at + kRuleOrigin);
  rule.reason = Text(at + kRuleReason);
  rule.uses = block_[at + kRuleUses];
  rule.flags = block_[at + kRuleFlags];
  rule.checks = LoadLittle<uint32_t>(block_.data() + at + kRuleChecks) &
                ((CheckSet{1} << kChecks) - 1);
  const auto shape = [&](RuleField field) {
    return LoadLittle<uint32_t>(block_.data() + at + field);
  };
  rule.shapes = {shape(kRuleCall), shape(kRuleCreate), shape(kRuleKeywords),
                 shape(kRuleState), shape(kRuleItems)};
  return rule;
}

Shape PolicyTable::shape(uint32_t number) const {
  Shape shape;
  if (number >= shapes_.count) return shape;
  const uint8_t* const p =
      block_.data() + shapes_.offset + uint64_t{number} * kShapeSize;
  shape.kinds = LoadLittle<uint32_t>(p + kShapeKinds);
  shape.first_part = LoadLittle<uint32_t>(p + kShapeFirstPart);
  shape.part_count = LoadLittle<uint16_t>(p + kShapePartCount);
  shape.repeat = static_cast<Repeat>(
      std::min<uint8_t>(p[kShapeRepeat], static_cast<uint8_t>(Repeat::kAny)));
  return shape;
}

ShapePart PolicyTable::part(uint32_t number) const {
  ShapePart part;  // an empty text, which no text of its own is
  if (number >= parts_.count) return part;
  const uint64_t at = parts_.offset + uint64_t{number} * kPartSize;
  const uint8_t* const p = block_.data() + at;
  if (p[kPartKind] >= kPartKinds) return part;
  part.kind = static_cast<PartKind>(p[kPartKind]);
  part.item_count = LoadLittle<uint16_t>(p + kPartItemCount);
  part.first_item = LoadLittle<uint32_t>(p + kPartFirstItem);
  part.low = LoadLittle<int64_t>(p + kPartLow);
  part.high = LoadLittle<int64_t>(p + kPartHigh);
  part.text = Text(at + kPartText);
  part.qualname = Text(at + kPartQualname);
  return part;
}

ExtensionRule PolicyTable::extension(uint32_t index) const {
  const uint64_t at = extensions_.offset + uint64_t{index} * kExtensionSize;
  return {LoadLittle<uint32_t>(block_.data() + at + kExtensionCode),
          Text(at + kExtensionModule), Text(at + kExtensionQualname)};
}

CodeRule PolicyTable::code(uint32_t index) const {
  const uint64_t at = codes_.offset + uint64_t{index} * kCodeSize;
  CodeRule rule;
  std::copy_n(block_.data() + at + kCodeDigest, rule.digest.size(),
              rule.digest.begin());
  rule.pythons = LoadLittle<uint32_t>(block_.data() + at + kCodePythons);
  rule.name = Text(at + kCodeName);
  rule.file = Text(at + kCodeFile);
  rule.origin = Text(at + kCodeOrigin);
  rule.reason = Text(at + kCodeReason);
  return rule;
}

std::optional<CodeRule> PolicyTable::FindCode(
    const graph::Digest& digest) const {
  uint32_t low = 0;
  for (uint32_t high = codes_.count; low < high;) {
    const uint32_t middle = low + (high - low) / 2;
    if (code(middle).digest < digest) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == codes_.count) return std::nullopt;
  const CodeRule found = code(low);
  if (found.digest != digest || found.pythons == 0) return std::nullopt;
  return found;
}

absl::string_view PolicyTable::name() const {
  return block_.empty() ? absl::string_view() : Text(kHeaderName);
}

Limits PolicyTable::limits() const {
  Limits limits;
  if (block_.empty()) return limits;
  const uint8_t* p = block_.data() + limits_.offset;
#define PICKLEBOX_LIMIT(field, ...)       \
  limits.field = LoadLittle<uint64_t>(p); \
  p += sizeof(uint64_t);
#include "picklebox/limits.def"
#undef PICKLEBOX_LIMIT
  return limits;
}

}  // namespace picklebox::policy
