#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/text.h"
#include "graph/view_text.h"
#include "picklebox/graph_view.h"
#include "report/output.h"

namespace picklebox {
namespace {

using graph::FloatText;
using graph::HexText;

// Writes one graph. A node is `{"id":N,"op":"KIND"` and its fields.
class JsonView {
 public:
  explicit JsonView(const Sink& sink) : out_(sink) {}

  void Write(const Graph& graph) {
    out_.Print("[");
    for (GraphCursor c(graph); !c.done(); c.Next()) {
      const Node& node = c.node();
      out_.Print(node.id == 0 ? "\n" : ",\n", "{\"id\":", node.id, ",\"op\":\"",
                 NodeKindName(node.kind), "\"");
      IsChange(node.kind) ? Change(node) : Value(node);
      out_.Print("}");
    }
    out_.Print("\n]\n");
  }

 private:
  void Value(const Node& node) {
    switch (node.kind) {
      case NodeKind::kBool:
        out_.Print(",\"value\":", node.integer != 0 ? "true" : "false");
        break;
      case NodeKind::kInt:
        Int(node);
        break;
      case NodeKind::kFloat:
        Float(node);
        break;
      case NodeKind::kStr:
        if (node.extent) return Place(*node.extent);
        Text("value", node.text);
        break;
      case NodeKind::kBytes:
      case NodeKind::kByteArray:
        if (node.extent) return Place(*node.extent);
        out_.Print(",\"base64\":\"", absl::Base64Escape(node.text), "\"");
        break;
      case NodeKind::kTuple:
      case NodeKind::kFrozenSet:
        Items(node);
        break;
      case NodeKind::kArray:
        Array(node);
        break;
      case NodeKind::kReadonly:
        out_.Print(",\"buffer\":", node.subject);
        break;
      case NodeKind::kGlobal:
      case NodeKind::kCall:
      case NodeKind::kNew:
      case NodeKind::kPersistent:
      case NodeKind::kExtension:
      case NodeKind::kBuffer:
        Object(node);
        out_.Print(",\"at\":", node.at);
        break;
      default:
        break;
    }
  }

  void Object(const Node& node) {
    switch (node.kind) {
      case NodeKind::kGlobal:
        Text("module", node.module());
        Text("qualname", node.qualname);
        out_.Print(",\"python2_names\":", node.python2_names ? "true" : "false",
                   ",\"dotted\":", node.dotted ? "true" : "false");
        break;
      case NodeKind::kCall:
        out_.Print(",\"callable\":", node.subject, ",\"args\":", node.args);
        break;
      case NodeKind::kNew:
        out_.Print(",\"form\":\"", NewFormName(node.form),
                   "\",\"class\":", node.subject, ",\"args\":", node.args);
        if (node.kwargs != kNoNode) out_.Print(",\"kwargs\":", node.kwargs);
        break;
      case NodeKind::kPersistent:
        out_.Print(",\"persistent_id\":", node.subject);
        break;
      case NodeKind::kExtension:
        out_.Print(",\"code\":", node.integer);
        break;
      default:
        out_.Print(",\"index\":", node.integer);
        break;
    }
  }

  void Change(const Node& node) {
    out_.Print(",\"target\":", node.subject);
    if (node.kind == NodeKind::kBuild) {
      out_.Print(",\"state\":", node.args);
    } else {
      Items(node);
    }
    if (node.at != 0) out_.Print(",\"at\":", node.at);
  }

  // Numbers that every JSON reader holds exactly, others in hex.
  void Int(const Node& node) {
    constexpr int64_t kExact = int64_t{1} << 53;
    if (node.big) {
      out_.Print(",\"hex\":\"", HexText(node), "\"");
    } else if (node.integer >= -kExact && node.integer <= kExact) {
      out_.Print(",\"value\":", node.integer);
    } else {
      const bool negative = node.integer < 0;
      const uint64_t bits = static_cast<uint64_t>(node.integer);
      out_.Print(",\"hex\":\"", negative ? "-0x" : "0x",
                 absl::Hex(negative ? -bits : bits), "\"");
    }
  }

  void Float(const Node& node) {
    const std::string text = FloatText(node.number());
    const bool finite = text.find('n') == std::string::npos;
    const absl::string_view quote = finite ? "" : "\"";
    out_.Print(",\"value\":", quote, text, quote, ",\"bits\":\"",
               absl::Hex(node.float_bits, absl::kZeroPad16), "\"");
  }

  void Text(absl::string_view name, absl::string_view text) {
    out_.Print(",\"", name, "\":\"", base::EscapeJson(text), "\"");
  }

  void Place(const Extent& extent) {
    out_.Print(",\"extent\":[", extent.offset, ",", extent.length, "]");
  }

  void Array(const Node& node) {
    Text("dtype", node.text);
    out_.Print(",\"shape\":[", absl::StrJoin(node.shape.dims(), ","),
               "],\"order\":\"", node.fortran ? "F" : "C",
               "\",\"stream\":", node.extent->stream);
    Place(*node.extent);
  }

  void Items(const Node& node) {
    out_.Print(",\"items\":[");
    absl::string_view comma = "";
    for (const NodeId item : node.items) {
      out_.Print(comma, item);
      comma = ",";
    }
    out_.Print("]");
  }

  report::Output out_;
};

}  // namespace

absl::Status RenderJson(const Graph& graph, const Sink& sink) {
  JsonView(sink).Write(graph);
  return absl::OkStatus();
}

}  // namespace picklebox
