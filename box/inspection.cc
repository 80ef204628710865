#include "picklebox/inspection.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "box/file_names.h"
#include "report/json.h"
#include "report/output.h"

namespace picklebox {
namespace {

using report::Boolean;
using report::JsonOf;
using report::Output;
using report::Quoted;

void PrintFindings(const FileReport& report, Output& out) {
  out.Print(", \"findings\": [");
  for (size_t i = 0; i < report.findings.size(); ++i) {
    out.Print(i == 0 ? "\n  " : ",\n  ", JsonOf(report.findings[i]));
  }
  out.Print("]");
}

// Of the pickles `chosen`, the one with the object.
size_t Loaded(const FileReport& report, const std::vector<size_t>& chosen) {
  std::map<absl::string_view, absl::string_view> formats = {
      {"", report.format}};
  for (const MemberReport& member : report.members) {
    if (member.format == box::kTorchLegacy || member.format == box::kTorchTar)
      formats[member.path] = member.format;
  }
  for (size_t nth = 0; nth < chosen.size(); ++nth) {
    const std::string& member = report.streams[chosen[nth]].member;
    const auto found = formats.find(member);
    const absl::string_view format =
        found == formats.end() ? "" : found->second;
    const size_t object = nth + box::kTorchLegacyObject;
    if (format == box::kTorchLegacy && object < chosen.size() &&
        report.streams[chosen[object]].member == member) {
      return object;
    }
    if (format == box::kTorchTar || absl::EndsWith(member, box::kTorchObject))
      return nth;
  }
  return 0;
}

}  // namespace

TextInspection::TextInspection(Sink sink, InspectionOptions options)
    : sink_(std::move(sink)), options_(std::move(options)) {}

absl::Status TextInspection::File(const Scan& scan) {
  std::vector<size_t> chosen;
  for (size_t i = 0; i < scan.graphs.size(); ++i) {
    if (options_.member.empty() ||
        scan.report.streams[i].member == options_.member) {
      chosen.push_back(i);
    }
  }
  std::vector<std::string> paths;
  for (const MemberReport& member : scan.report.members)
    paths.push_back(member.path);
  ViewOptions view = options_.limits;
  view.members = paths;
  const size_t first = options_.stream == InspectionOptions::kLoaded
                           ? Loaded(scan.report, chosen)
                           : options_.stream.value_or(0);
  const size_t last = options_.stream ? first + 1 : chosen.size();
  if (first >= chosen.size()) {
    return absl::NotFoundError(
        absl::StrCat(options_.member.empty() ? "the file" : "the member",
                     " has ", chosen.size(), " pickles that can be shown"));
  }
  for (size_t nth = first; nth < last; ++nth) {
    const size_t i = chosen[nth];
    const Graph& graph = scan.graphs[i];
    if (options_.view == InspectionOptions::View::kDot) {
      if (absl::Status status = RenderDot(graph, options_.limits, sink_);
          !status.ok()) {
        return status;
      }
      continue;
    }
    NodeId root = graph.root();
    if (!options_.path.empty()) {
      const absl::StatusOr<NodeId> found = FindPath(graph, options_.path);
      if (!found.ok()) return found.status();
      root = *found;
    }
    const StreamReport& stream = scan.report.streams[i];
    sink_(absl::StrCat("# ", base::EscapeAscii(scan.report.path),
                       stream.member.empty() ? "" : "!",
                       base::EscapeAscii(stream.member), "@", stream.begin,
                       ": protocol ", stream.protocol, ", ", graph.size(),
                       graph.size() == 1 ? " node\n" : " nodes\n"));
    if (root == kNoNode) {
      sink_(
          "# it does not reach STOP and so has no value; --format json shows "
          "its nodes\n");
      continue;
    }
    if (absl::Status status = RenderTree(graph, root, view, sink_);
        !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

JsonInspection::JsonInspection(Sink sink) : sink_(std::move(sink)) {}

absl::Status JsonInspection::File(const Scan& scan) {
  {
    Output out(sink_);
    out.Print(first_ ? "{\"schema_version\": 1, \"files\": [\n" : ",\n",
              "{\"path\": ", Quoted(scan.report.path),
              ", \"verdict\": ", Quoted(VerdictName(scan.report.verdict)));
    PrintFindings(scan.report, out);
    out.Print(", \"streams\": [");
  }
  first_ = false;
  for (size_t i = 0; i < scan.graphs.size(); ++i) {
    const StreamReport& stream = scan.report.streams[i];
    const Graph& graph = scan.graphs[i];
    const std::string root =
        graph.root() == kNoNode ? "null" : absl::StrCat(graph.root());
    sink_(absl::StrCat(
        i == 0 ? "\n" : ",\n", "{\"member\": ", Quoted(stream.member),
        ", \"offset\": ", stream.begin, ", \"end\": ", stream.end,
        ", \"complete\": ", Boolean(stream.complete), ", \"protocol\": ",
        stream.protocol, ", \"root\": ", root, ", \"nodes\": "));
    if (absl::Status status = RenderJson(graph, sink_); !status.ok())
      return status;
    sink_("}");
  }
  sink_("]}");
  return absl::OkStatus();
}

void JsonInspection::End() {
  sink_(first_ ? "{\"schema_version\": 1, \"files\": []}\n" : "]}\n");
}

}  // namespace picklebox
