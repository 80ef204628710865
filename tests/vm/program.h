// Makes pickles for the tests of the machine, and runs them.
//
//   const Result r = Execute(Op("]") + U8("K", 1) + Op("a."));
//   EXPECT_TRUE(r.outcome.stopped);
//   EXPECT_EQ(r.nodes, "0 list; 1 int 1; 2 append 0 [1]");
#ifndef PICKLEBOX_TESTS_VM_PROGRAM_H_
#define PICKLEBOX_TESTS_VM_PROGRAM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/memory.h"
#include "base/window.h"
#include "graph/builder.h"
#include "graph/verifier.h"
#include "gtest/gtest.h"
#include "vm/machine.h"

namespace picklebox::vm {

// Little-endian, `size` bytes.
inline std::string Number(uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) {
    bytes.push_back(static_cast<char>(value >> (8 * i)));
  }
  return bytes;
}

// A literal with its NULs.
template <size_t N>
std::string Raw(const char (&bytes)[N]) {
  return std::string(bytes, N - 1);
}

// An opcode, a length of `size` bytes, and what it counts.
inline std::string Counted(absl::string_view op, int size,
                           absl::string_view body) {
  return absl::StrCat(op, Number(body.size(), size), body);
}

// SHORT_BINUNICODE.
inline std::string Text(absl::string_view text) {
  return Counted("\x8c", 1, text);
}

inline std::string Frame(absl::string_view body) {
  return Counted("\x95", 8, body);
}

// "7 append 0 [1 2]": one node in a few words.
inline std::string Describe(const Node& node) {
  std::string out = absl::StrCat(node.id, " ", NodeKindName(node.kind));
  const auto ref = [&out](NodeId id) {
    if (id != kNoNode) absl::StrAppend(&out, " ", id);
  };
  switch (node.kind) {
    case NodeKind::kBool:
    case NodeKind::kExtension:
    case NodeKind::kBuffer:
      absl::StrAppend(&out, " ", node.integer);
      break;
    case NodeKind::kInt:
      if (node.big) {
        absl::StrAppend(&out, " big ", node.text.size());
      } else {
        absl::StrAppend(&out, " ", node.integer);
      }
      break;
    case NodeKind::kFloat:
      absl::StrAppend(&out, " ", node.number());
      break;
    case NodeKind::kStr:
    case NodeKind::kBytes:
    case NodeKind::kByteArray:
      if (node.extent) {
        absl::StrAppend(&out, " @", node.extent->offset, "+",
                        node.extent->length);
      } else {
        absl::StrAppend(&out, " '", node.text, "'");
      }
      break;
    case NodeKind::kGlobal:
      absl::StrAppend(&out, " ", node.module(), ":", node.qualname,
                      node.python2_names ? " py2" : "",
                      node.dotted ? " dotted" : "");
      break;
    case NodeKind::kNew:
      absl::StrAppend(&out, " ", NewFormName(node.form));
      [[fallthrough]];
    case NodeKind::kCall:
    case NodeKind::kBuild:
      ref(node.subject);
      ref(node.args);
      ref(node.kwargs);
      break;
    case NodeKind::kPersistent:
    case NodeKind::kReadonly:
      ref(node.subject);
      break;
    case NodeKind::kAppend:
    case NodeKind::kSetItems:
    case NodeKind::kAddItems:
      ref(node.subject);
      [[fallthrough]];
    case NodeKind::kTuple:
    case NodeKind::kFrozenSet:
      absl::StrAppend(
          &out, " [",
          absl::StrJoin(
              std::vector<NodeId>(node.items.begin(), node.items.end()), " "),
          "]");
      break;
    default:
      break;
  }
  return out;
}

struct Result {
  Outcome outcome;
  std::vector<Finding> findings;
  std::vector<uint8_t> encoding;
  std::string nodes;  // each as Describe() has it, "; " between
  std::string root;   // the root, described; "" without one
  std::string said;   // findings: "wrong-type@3; ambiguous/arguments@3"
};

inline std::string Describe(const std::vector<Finding>& findings) {
  return absl::StrJoin(findings, "; ", [](std::string* out, const Finding& f) {
    absl::StrAppend(out, Info(f.code).name, f.detail.empty() ? "" : "/",
                    f.detail, "@", f.offset);
  });
}

// A machine with all that it needs, over one window.
class Bench {
 public:
  explicit Bench(base::Window* in, Options options = {}, size_t room = 0,
                 Tracer* tracer = nullptr)
      : in_(*in),
        options_(std::move(options)),
        out_(room > 0 ? room : in->size() * 8 + 4096),
        log_(options_.limits.findings),
        builder_(memory_, absl::MakeSpan(out_), in->size() * 2 + 16,
                 options_.limits.key, nullptr),
        machine_(options_, memory_, in, &builder_, &log_, tracer) {}

  // Runs the pickle at `at`. The verifier must accept what is made.
  Result Run(uint64_t at = 0) {
    in_.Seek(at);
    builder_.Restart(absl::MakeSpan(out_));
    const size_t before = log_.size();
    Result result;
    result.outcome = machine_.Run();
    result.findings.assign(log_.findings().begin() + before,
                           log_.findings().end());
    result.said = Describe(result.findings);
    result.encoding.assign(out_.begin(),
                           out_.begin() + builder_.encoded_size());
    const auto owner =
        std::make_shared<const std::vector<uint8_t>>(result.encoding);
    const absl::StatusOr<Graph> graph =
        graph::Verifier::Verify({.encoding = *owner,
                                 .owner = owner,
                                 .nodes = builder_.size(),
                                 .root = result.outcome.root,
                                 .input_size = in_.size()},
                                options_.limits, nullptr);
    EXPECT_TRUE(graph.ok()) << graph.status();
    if (!graph.ok()) return result;
    for (GraphCursor c(*graph); !c.done(); c.Next()) {
      absl::StrAppend(&result.nodes, c.node().id > 0 ? "; " : "",
                      Describe(c.node()));
    }
    if (graph->root() != kNoNode) {
      result.root = Describe(graph->node(graph->root()));
    }
    return result;
  }

 private:
  base::Window& in_;
  const Options options_;
  base::HeapMemory memory_;
  std::vector<uint8_t> out_;
  report::FindingLog log_;
  graph::GraphBuilder builder_;
  Machine machine_;
};

inline absl::Span<const uint8_t> BytesOf(const std::string& pickle) {
  return {reinterpret_cast<const uint8_t*>(pickle.data()), pickle.size()};
}

// The hot loop leaves the last bytes of an input to the functions that know all
// the rules, and so all of a short one. With bytes behind it, a pickle is read
// alike, unless what went wrong is that there were none.
inline void ExpectAlikeInTheMiddle(const std::string& pickle,
                                   const Options& options,
                                   const Result& expected) {
  for (const Finding& finding : expected.findings) {
    if (finding.code == Code::kTruncated || finding.code == Code::kFrameShort ||
        finding.code == Code::kLimitOpcodes) {
      return;
    }
  }
  const std::string longer = pickle + std::string(64, 'N');
  base::Window in(BytesOf(longer));
  const Result result = Bench(&in, options).Run();
  EXPECT_EQ(result.said, expected.said);
  EXPECT_EQ(result.nodes, expected.nodes);
  EXPECT_EQ(result.root, expected.root);
  EXPECT_EQ(result.outcome.stopped, expected.outcome.stopped);
  EXPECT_EQ(result.outcome.end, expected.outcome.end);
}

inline Result Execute(const std::string& pickle, const Options& options = {}) {
  base::Window in(BytesOf(pickle));
  Result result = Bench(&in, options).Run();
  ExpectAlikeInTheMiddle(pickle, options, result);
  return result;
}

inline Options Compat() {
  Options options;
  options.compat = true;
  return options;
}

}  // namespace picklebox::vm

#endif  // PICKLEBOX_TESTS_VM_PROGRAM_H_
