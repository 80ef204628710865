#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "picklebox/report_writer.h"
#include "report/json.h"
#include "report/output.h"

namespace picklebox {
namespace {

using report::Boolean;
using report::JsonOf;
using report::Output;
using report::Quoted;

std::string QuotedUses(Uses uses) {
  std::string list = "[";
  for (const absl::string_view name : UseNames(uses)) {
    absl::StrAppend(&list, list.size() > 1 ? ", " : "", Quoted(name));
  }
  return list + "]";
}

void Print(Output& out, const MemberReport& member) {
  out.Print(
      "{\"path\": ", Quoted(member.path), ", \"size\": ", member.size,
      ", \"offset\": ", member.offset ? absl::StrCat(*member.offset) : "null",
      ", \"packing\": ", Quoted(member.packing));
  out.Print(", \"format\": ", Quoted(member.format),
            ", \"verdict\": ", Quoted(VerdictName(member.verdict)), "}");
}

void Print(Output& out, const StreamReport& stream) {
  out.Print(
      "{\"member\": ", Quoted(stream.member), ", \"offset\": ", stream.begin,
      ", \"end\": ", stream.end, ", \"complete\": ", Boolean(stream.complete),
      ", \"protocol\": ", stream.protocol, ", \"opcodes\": ", stream.opcodes,
      ", \"nodes\": ", stream.nodes, ", \"graph_bytes\": ", stream.graph_bytes,
      ", \"verdict\": ", Quoted(VerdictName(stream.verdict)), "}");
}

void Print(Output& out, const GlobalReport& global) {
  out.Print("{\"module\": ", Quoted(global.module),
            ", \"qualname\": ", Quoted(global.qualname),
            ", \"raw_module\": ", Quoted(global.raw_module),
            ", \"raw_qualname\": ", Quoted(global.raw_qualname),
            ", \"uses\": ", QuotedUses(global.uses));
  out.Print(", \"decision\": ", Quoted(global.allowed() ? "allowed" : "denied"),
            ", \"denied_uses\": ", QuotedUses(global.denied),
            ", \"reason\": ", Quoted(global.reason),
            ", \"policy_origin\": ", Quoted(global.policy_origin),
            ", \"member\": ", Quoted(global.member),
            ", \"offset\": ", global.offset, ", \"count\": ", global.count,
            "}");
}

void Print(Output& out, const Finding& finding) { out.Print(JsonOf(finding)); }

template <typename Row>
void PrintList(Output& out, absl::string_view name,
               const std::vector<Row>& rows) {
  out.Print(",\n      ", Quoted(name), ": [");
  for (size_t i = 0; i < rows.size(); ++i) {
    out.Print(i == 0 ? "\n        " : ",\n        ");
    Print(out, rows[i]);
  }
  out.Print(rows.empty() ? "]" : "\n      ]");
}

// What stands before the next file, or before the end when there is none.
void PrintOpening(Output& out, bool first) {
  if (first) {
    out.Print("{\n  \"schema_version\": ", kReportSchemaVersion,
              ",\n  \"files\": [");
  }
}

}  // namespace

JsonReport::JsonReport(Sink sink) : sink_(std::move(sink)) {}

void JsonReport::File(const FileReport& file) {
  Output out(sink_);
  PrintOpening(out, first_);
  out.Print(first_ ? "\n" : ",\n", "    {\n      \"path\": ", Quoted(file.path),
            ",\n      \"verdict\": ", Quoted(VerdictName(file.verdict)),
            ",\n      \"size\": ", file.size,
            ",\n      \"format\": ", Quoted(file.format));
  PrintList(out, "members", file.members);
  PrintList(out, "streams", file.streams);
  PrintList(out, "globals", file.globals);
  PrintList(out, "findings", file.findings);
  out.Print("\n    }");
  first_ = false;
}

void JsonReport::End(const Summary& summary) {
  Output out(sink_);
  PrintOpening(out, first_);
  out.Print(first_ ? "]" : "\n  ]",
            ",\n  \"summary\": {\"files\": ", summary.files,
            ", \"clean\": ", summary.clean, ", \"denied\": ", summary.denied,
            ", \"incomplete\": ", summary.incomplete,
            ", \"unsupported\": ", summary.unsupported,
            ", \"bytes\": ", summary.bytes,
            ", \"seconds\": ", absl::StrFormat("%.6f", summary.seconds));
  out.Print(", \"exit_status\": ", static_cast<int>(summary.exit_status()),
            "}\n}\n");
}

}  // namespace picklebox
