// The compiled policy: one flat, position-independent block of bytes.
//
//   absl::StatusOr<PolicyTable> table = PolicyTable::Open(policy.compiled());
//   const int rule = table->Find("builtins", "range");   // or kNoRule
//   if (rule != kNoRule) Allow(table->rule(rule).uses);
//
// The last of the rules are those of patterns, which are asked from the last to
// the first where no other rule is for the global.
//
// The parent makes the block (policy/table_writer.h) and hands it to the worker
// as it is. All numbers are little-endian; a text is an offset and a size of 32
// bits each:
//
//   header      kHeaderSize bytes, the Header* offsets below
//   buckets     uint32 each, a power of two: 0, or 1 + the number of a rule;
//               open addressing, next bucket on collision
//   rules       kRuleSize bytes each, the Rule* offsets below
//   shapes      kShapeSize bytes each, the Shape* offsets below
//   parts       kPartSize bytes each, the Part* offsets below
//   extensions  kExtensionSize bytes each, ascending by code
//   limits      uint64 each, in the order of limits.def
//   codes       kCodeSize bytes each, the Code* offsets below, ascending by
//               digest
//   text
//
// Opening checks the header and that the sections lie within the block, and
// compiles the patterns; reading checks the rest, so that no block can make a
// reader leave it. Opening costs the same for any number of exact rules.
//
// A PolicyTable is a view: the block must outlive it and not change. It may be
// read by any number of threads.
#ifndef PICKLEBOX_POLICY_TABLE_H_
#define PICKLEBOX_POLICY_TABLE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "picklebox/limits.h"
#include "policy/name_pattern.h"
#include "policy/rule.h"
#include "policy/shape.h"

namespace picklebox::policy {

inline constexpr uint64_t kTableMagic = 0x34304c4f50584250;  // "PBXPOL04"

enum HeaderField : uint32_t {
  kHeaderMagic = 0,
  kHeaderSizeOfTable = 8,
  kHeaderFlags = 12,
  kHeaderBuckets = 16,  // offset, count: so also the next three
  kHeaderRules = 24,
  kHeaderExtensions = 32,
  kHeaderLimits = 40,
  kHeaderText = 48,
  kHeaderName = 56,
  kHeaderShapes = 64,
  kHeaderParts = 72,
  kHeaderPatterns = 80,  // how many of the last rules are of patterns
  kHeaderCodes = 88,     // offset, count
  kHeaderSize = 96,
};
enum HeaderFlag : uint32_t { kPersistentIds = 1 };

enum RuleField : uint32_t {
  kRuleHash = 0,
  kRuleModule = 8,
  kRuleQualname = 16,
  kRuleOrigin = 24,
  kRuleReason = 32,
  kRuleCall = 40,  // uint32, as the next four
  kRuleCreate = 44,
  kRuleKeywords = 48,
  kRuleState = 52,
  kRuleItems = 56,
  kRuleUses = 60,
  kRuleFlags = 61,
  kRuleChecks = 64,
  kRuleSize = 72,
};

enum ShapeField : uint32_t {
  kShapeKinds = 0,
  kShapeFirstPart = 4,
  kShapePartCount = 8,  // uint16
  kShapeRepeat = 10,    // uint8
  kShapeSize = 12,
};

enum PartField : uint32_t {
  kPartKind = 0,       // uint8
  kPartItemCount = 2,  // uint16
  kPartFirstItem = 4,
  kPartLow = 8,  // int64
  kPartHigh = 16,
  kPartText = 24,
  kPartQualname = 32,
  kPartSize = 40,
};

enum ExtensionField : uint32_t {
  kExtensionCode = 0,
  kExtensionModule = 8,
  kExtensionQualname = 16,
  kExtensionSize = 24,
};

enum CodeField : uint32_t {
  kCodeDigest = 0,    // 32 bytes
  kCodePythons = 32,  // uint32
  kCodeName = 36,
  kCodeFile = 44,
  kCodeOrigin = 52,
  kCodeReason = 60,
  kCodeSize = 68,
};

// The hash of a global in the table.
uint64_t HashGlobal(absl::string_view module, absl::string_view qualname);

inline constexpr int kNoRule = -1;

class PolicyTable {
 public:
  // No rules: denies everything.
  PolicyTable() = default;
  // InvalidArgument when `block` is no table, or has a pattern that is none.
  static absl::StatusOr<PolicyTable> Open(absl::Span<const uint8_t> block);

  // All tables of `blocks`, which lie one behind the other.
  static absl::StatusOr<std::vector<PolicyTable>> OpenAll(
      absl::Span<const uint8_t> blocks);

  // The number of the rule for a canonical global, or kNoRule: the one that
  // names it, else the last one with a pattern that matches it.
  int Find(absl::string_view module, absl::string_view qualname) const;
  int rule_count() const { return static_cast<int>(rules_.count); }
  // `number` is in [0, rule_count()).
  Rule rule(int number) const;

  // `number` may be any; what is out of range takes nothing.
  Shape shape(uint32_t number) const;
  ShapePart part(uint32_t number) const;

  uint32_t extension_count() const { return extensions_.count; }
  // `index` is below extension_count().
  ExtensionRule extension(uint32_t index) const;

  uint32_t code_count() const { return codes_.count; }
  // `index` is below code_count().
  CodeRule code(uint32_t index) const;
  // The rule that allows code of this digest.
  std::optional<CodeRule> FindCode(const graph::Digest& digest) const;

  absl::string_view name() const;
  bool persistent_ids() const { return (flags_ & kPersistentIds) != 0; }
  Limits limits() const;

 private:
  struct Section {
    uint32_t offset = 0;
    uint32_t count = 0;
  };

  std::optional<Section> ReadSection(HeaderField field,
                                     uint32_t item_size) const;
  absl::string_view Text(uint64_t at) const;
  absl::Status CompilePatterns();
  int FindPattern(absl::string_view module, absl::string_view qualname) const;

  absl::Span<const uint8_t> block_;
  Section buckets_;
  Section rules_;
  Section shapes_;
  Section parts_;
  Section extensions_;
  Section limits_;
  Section codes_;
  uint32_t flags_ = 0;
  // Of a rule of patterns: what is no pattern is compared.
  struct Pattern {
    int rule;
    std::optional<NamePattern> module;
    std::optional<NamePattern> qualname;
  };
  std::shared_ptr<const std::vector<Pattern>> patterns_;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_TABLE_H_
