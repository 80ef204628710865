#include "box/examination.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "box/judging.h"
#include "box/reply.h"
#include "graph/verifier.h"
#include "policy/conclusion.h"
#include "policy/judge.h"

namespace picklebox::box {
namespace {

StreamReport ReportOf(const StreamRecord& stream) {
  StreamReport report;
  report.begin = stream.begin;
  report.end = stream.end;
  report.complete = stream.stopped;
  report.protocol = stream.protocol;
  report.opcodes = stream.opcodes;
  report.nodes = stream.nodes;
  report.graph_bytes = stream.encoding.size();
  return report;
}

// What a stream record may say, whatever the graph is.
bool IsSound(const StreamRecord& stream, uint64_t input_size) {
  return stream.begin <= stream.end && stream.end <= input_size &&
         stream.protocol <= 5 && stream.stopped == (stream.root != kNoNode);
}

void Reject(std::string why, Scan* scan) {
  scan->graphs.clear();
  scan->report.streams.clear();
  AddFinding(Code::kResultRejected, std::move(why), &scan->report);
}

}  // namespace

void AddFinding(Code code, std::string message, FileReport* report) {
  Finding finding;
  finding.code = code;
  finding.message = std::move(message);
  report->findings.push_back(std::move(finding));
}

void Examine(const Answer& answer, const policy::PolicyTable& table,
             const ReadOptions& read, const Limits& limits, Scan* scan) {
  FileReport& report = scan->report;
  absl::StatusOr<Reply> reply = ReadReply(
      answer.bytes, limits.streams, limits.findings + kFindingsAboutFindings);
  if (!reply.ok()) return Reject(std::string(reply.status().message()), scan);
  report.format = reply->format;
  policy::Conclusion conclusion(table, limits.findings);
  policy::Judge judge(table, JudgingOptions(read, limits));
  bool mismatch = false;
  for (const StreamRecord& stream : reply->streams) {
    if (!IsSound(stream, answer.input_size))
      return Reject("a stream that cannot be", scan);
    graph::Claim claim;
    claim.encoding = stream.encoding;
    claim.owner = answer.owner;
    claim.nodes = stream.nodes;
    claim.root = stream.root;
    claim.input_size = answer.input_size;
    absl::StatusOr<Graph> graph =
        graph::Verifier::Verify(claim, limits, &judge);
    if (!graph.ok()) return Reject(std::string(graph.status().message()), scan);
    mismatch = mismatch || judge.denials() != stream.denials;
    conclusion.Add(judge, "");
    report.streams.push_back(ReportOf(stream));
    report.streams.back().verdict = judge.denials() > 0 ? Verdict::kDenied
                                    : stream.stopped    ? Verdict::kClean
                                                        : Verdict::kIncomplete;
    scan->graphs.push_back(*std::move(graph));
  }
  conclusion.MoveTo(&report);
  for (Finding& finding : reply->findings)
    report.findings.push_back(std::move(finding));
  if (mismatch)
    AddFinding(Code::kResultMismatch, "worker and parent judge differently",
               &report);
}

void DrawVerdict(FileReport* report) {
  // Of many denials not each has a finding.
  bool denied = std::any_of(report->streams.begin(), report->streams.end(),
                            [](const StreamReport& stream) {
                              return stream.verdict == Verdict::kDenied;
                            });
  bool incomplete = false;
  for (const Finding& finding : report->findings) {
    const Effect effect = Info(finding.code).effect;
    denied = denied || effect == Effect::kDenies;
    incomplete = incomplete || effect == Effect::kIncomplete;
    if (effect == Effect::kNone) continue;
    for (StreamReport& stream : report->streams) {
      if (finding.offset < stream.begin || finding.offset > stream.end)
        continue;
      const Verdict worse =
          effect == Effect::kDenies ? Verdict::kDenied : Verdict::kIncomplete;
      // At the end of a complete stream begins what is not of it.
      if (finding.offset < stream.end || !stream.complete) {
        stream.verdict = std::min(stream.verdict, worse);
      }
    }
  }
  if (denied) {
    report->verdict = Verdict::kDenied;
  } else if (incomplete) {
    report->verdict = Verdict::kIncomplete;
  } else {
    report->verdict =
        report->streams.empty() ? Verdict::kUnsupported : Verdict::kClean;
  }
}

}  // namespace picklebox::box
