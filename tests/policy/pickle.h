// Makes graphs for the tests of the judge, and judges them twice: while they
// are built, as in the worker, and while they are verified, as in the parent.
//
//   Pickle p(policy);
//   const NodeId list = p->Call(p.Global("builtins:list"), p->Tuple({}), 3);
//   EXPECT_THAT(p.Findings(), IsEmpty());
#ifndef PICKLEBOX_TESTS_POLICY_PICKLE_H_
#define PICKLEBOX_TESTS_POLICY_PICKLE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/memory.h"
#include "graph/builder.h"
#include "graph/verifier.h"
#include "graph/wire.h"
#include "gtest/gtest.h"
#include "picklebox/policy.h"
#include "picklebox/report.h"
#include "policy/conclusion.h"
#include "policy/judge.h"
#include "policy/table.h"

namespace picklebox::policy {

// The policy of `text`; the test fails if it has mistakes.
inline Policy MakePolicy(absl::string_view text) {
  absl::StatusOr<Policy> policy = Policy::FromToml(text, "test.toml");
  EXPECT_TRUE(policy.ok()) << policy.status();
  return policy.ok() ? *std::move(policy) : Policy::Default();
}

class Pickle {
 public:
  explicit Pickle(Policy policy, JudgeOptions options = {})
      : policy_(std::move(policy)),
        table_(PolicyTable::Open(policy_.compiled()).value()),
        options_(std::move(options)),
        judge_(table_, options_),
        bytes_(1 << 22),
        builder_(memory_, absl::MakeSpan(bytes_), 1 << 20, kMaxKey, &judge_) {}

  graph::GraphBuilder* operator->() { return &builder_; }

  // A global of a protocol that has no dotted names and no Python 2 names.
  NodeId Global(absl::string_view name, bool dotted = false,
                bool python2 = false) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(name, absl::MaxSplits(':', 1));
    return builder_.Global({parts.first, parts.second, python2, dotted},
                           at_ += 10);
  }
  // A call with these arguments, at the next offset.
  NodeId Call(absl::string_view name, const std::vector<NodeId>& args = {}) {
    return Call(Global(name), args);
  }
  NodeId Call(NodeId callable, const std::vector<NodeId>& args) {
    const NodeId tuple = builder_.Tuple(args);
    return builder_.Call(callable, tuple, at_ += 10);
  }
  NodeId New(absl::string_view name, NewForm form = NewForm::kNewObj,
             const std::vector<NodeId>& args = {}) {
    const NodeId cls = Global(name);
    return builder_.New(form, cls, builder_.Tuple(args), kNoNode, at_ += 10);
  }
  // A dict with one entry, to be used as a state.
  NodeId Dict(absl::string_view key) {
    const NodeId dict = builder_.Dict();
    const NodeId pair[] = {builder_.Str(key), builder_.Int(1)};
    builder_.SetItems(dict, pair, 0);
    return dict;
  }
  void Build(NodeId target, NodeId state) {
    builder_.Build(target, state, at_ += 10);
  }
  uint64_t at() const { return at_; }

  // What the worker's judge holds so far.
  const Judge& judge() const { return judge_; }

  // Verifies the graph with a second judge, sees that both agree, and
  // concludes.
  FileReport Report() {
    EXPECT_FALSE(builder_.full());
    Judge second(table_, options_);
    graph::Claim claim;
    claim.encoding =
        absl::MakeConstSpan(bytes_).subspan(0, builder_.encoded_size());
    claim.nodes = builder_.size();
    claim.input_size = 1 << 20;
    Limits limits;
    limits.key = kMaxKey;
    const auto graph = graph::Verifier::Verify(claim, limits, &second);
    EXPECT_TRUE(graph.ok()) << graph.status();
    EXPECT_EQ(second.denials(), judge_.denials());
    EXPECT_EQ(DenialsInTheMiddle(claim, limits), judge_.denials());
    Conclusion first_conclusion(table_, options_.max_findings);
    Conclusion conclusion(table_, options_.max_findings);
    first_conclusion.Add(judge_, "");
    conclusion.Add(second, "");
    EXPECT_EQ(conclusion.denied(), judge_.denials() > 0);
    FileReport first_report;
    FileReport report;
    first_conclusion.MoveTo(&first_report);
    conclusion.MoveTo(&report);
    EXPECT_EQ(Words(first_report), Words(report));
    return report;
  }

  // The findings as "code detail@offset".
  std::vector<std::string> Findings() { return Words(Report()); }

 private:
  static constexpr uint64_t kMaxKey = 10'000;

  // The verifier has a short way for nodes that do not stand at the end, where
  // none of a test does: with some behind them, they are judged alike.
  uint64_t DenialsInTheMiddle(graph::Claim claim, const Limits& limits) const {
    constexpr size_t kMore = 100;
    std::vector<uint8_t> encoding(claim.encoding.begin(), claim.encoding.end());
    encoding.insert(encoding.end(), kMore, graph::kTagNone);
    claim.encoding = encoding;
    claim.nodes += kMore;
    Judge judge(table_, options_);
    const auto graph = graph::Verifier::Verify(claim, limits, &judge);
    EXPECT_TRUE(graph.ok()) << graph.status();
    return judge.denials();
  }

  static std::vector<std::string> Words(const FileReport& report) {
    std::vector<std::string> words;
    for (const Finding& finding : report.findings) {
      words.push_back(absl::StrCat(Info(finding.code).name,
                                   finding.detail.empty() ? "" : " ",
                                   finding.detail, "@", finding.offset));
    }
    return words;
  }

  const Policy policy_;
  const PolicyTable table_;
  const JudgeOptions options_;
  base::HeapMemory memory_;
  Judge judge_;
  std::vector<uint8_t> bytes_;
  graph::GraphBuilder builder_;
  uint64_t at_ = 0;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_TESTS_POLICY_PICKLE_H_
