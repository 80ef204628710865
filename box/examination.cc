#include "box/examination.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "box/file_names.h"
#include "box/judging.h"
#include "box/reply.h"
#include "graph/tensor.h"
#include "graph/verifier.h"
#include "policy/checks/bytes_source.h"
#include "policy/conclusion.h"
#include "policy/judge.h"
#include "report/expansion.h"

namespace picklebox::box {
namespace {

// The paths of all members together; a worker that has more is no worker of
// ours.
constexpr size_t kMaxPaths = size_t{512} << 20;

StreamReport ReportOf(const StreamRecord& stream, const std::string& path) {
  StreamReport report;
  report.member = path;
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
bool IsSound(const StreamRecord& stream, uint64_t size) {
  return stream.begin <= stream.end && stream.end <= size &&
         stream.protocol <= 5 && stream.stopped == (stream.root != kNoNode);
}

// The members' part of the report; false when one cannot be.
bool AddMembers(const Reply& reply, uint64_t input_size, const Limits& limits,
                FileReport* report) {
  const uint64_t most = MostOfOne(limits, input_size);
  size_t paths = 0;
  for (size_t i = 0; i < reply.members.size(); ++i) {
    const MemberRecord& record = reply.members[i];
    MemberReport member;
    member.size = record.size;
    if (record.size > most) return false;
    if (record.offset != MemberRecord::kNowhere) {
      if (record.offset > input_size ||
          record.size > input_size - record.offset)
        return false;
      member.offset = record.offset;
    }
    if (record.parent > 0)
      member.path = absl::StrCat(report->members[record.parent - 1].path, "!");
    member.path += record.name;
    paths += member.path.size();
    if (paths > kMaxPaths) return false;
    member.packing = record.packing;
    member.format = reply.formats[i + 1];
    report->members.push_back(std::move(member));
  }
  return true;
}

// Reads what lies in the file as it is.
class FileBytes final : public policy::BytesSource {
 public:
  FileBytes(const Answer& answer, const std::vector<MemberRecord>& members)
      : answer_(answer), members_(members) {}

  // Of the graphs to come, stream 0 is this member.
  void set_member(uint32_t member) { member_ = member; }

  Reach reach(uint32_t stream) const override {
    if (BeginOf(stream)) return Reach::kBoth;
    return stream == 0 ? Reach::kWorker : Reach::kNobody;
  }
  bool is_worker() const override { return false; }
  bool Read(uint32_t stream, uint64_t offset, absl::Span<uint8_t> to) override {
    // The extents of a graph lie in their streams, and these in the file.
    const std::optional<uint64_t> begin = BeginOf(stream);
    return begin && answer_.read && answer_.read(*begin + offset, to);
  }

 private:
  std::optional<uint64_t> BeginOf(uint32_t stream) const {
    const uint32_t member = stream == 0 ? member_ : stream;
    if (member == 0) return 0;
    const uint64_t offset = members_[member - 1].offset;
    return offset == MemberRecord::kNowhere ? std::nullopt
                                            : std::optional<uint64_t>(offset);
  }

  const Answer& answer_;
  const std::vector<MemberRecord>& members_;
  uint32_t member_ = 0;
};

// Tensors that reach beyond their storages: PyTorch's older versions believe
// them. Looked for where a tensor is made at all.
void CheckTensors(const Graph& graph, const policy::Judge& judge,
                  const std::string& path, FileReport* report) {
  constexpr int kMost = 10;
  const auto& globals = judge.globals();
  if (std::none_of(globals.begin(), globals.end(),
                   [](const policy::JudgedGlobal& global) {
                     return graph::MakesTensor(global.raw_module,
                                               global.raw_qualname);
                   })) {
    return;
  }
  std::map<NodeId, std::string> makers;
  int found = 0;
  for (GraphCursor c(graph); !c.done() && found < kMost; c.Next()) {
    const Node& node = c.node();
    if (node.kind == NodeKind::kGlobal) {
      if (graph::MakesTensor(node.module(), node.qualname))
        makers[node.id] = std::string(node.qualname);
      continue;
    }
    if (node.kind != NodeKind::kCall) continue;
    const auto maker = makers.find(node.subject);
    if (maker == makers.end()) continue;
    graph::Tensor tensor;
    const char* const fault =
        graph::ReadTensor(graph, maker->second, node.args, &tensor);
    if (fault == nullptr) continue;
    ++found;
    AddFinding(Code::kStorageBad, fault, report);
    report->findings.back().member = path;
    report->findings.back().offset = node.at;
  }
}

// What lies elsewhere by what the graph names: code in the archive, a file
// beside this one, or what was cut off. Then the parent itself sees to it that
// nothing is clean, whatever the worker says.
struct Elsewhere {
  bool scripts = false;
  bool side_files = false;
  bool cut_off = false;

  void Add(const policy::Judge& judge) {
    for (const policy::JudgedGlobal& global : judge.globals()) {
      scripts = scripts || global.module == "__torch__";
      side_files = side_files || global.qualname == "NDArrayWrapper" ||
                   global.qualname == "ZNDArrayWrapper";
    }
  }
};

bool Reported(Code code, const FileReport& report) {
  return std::any_of(
      report.findings.begin(), report.findings.end(),
      [code](const Finding& finding) { return finding.code == code; });
}

EmbeddedCode CodeOf(CodeRecord record, std::string member,
                    const policy::PolicyTable& table) {
  EmbeddedCode code = std::move(record.code);
  code.member = std::move(member);
  code.parent = record.parent;
  code.versions = ListVersions(record.versions);
  if (record.has_digest) {
    code.digest = absl::BytesToHexString(
        absl::string_view(reinterpret_cast<const char*>(record.digest.data()),
                          record.digest.size()));
    const auto rule = table.FindCode(record.digest);
    if (rule && !code.marshalled) code.allowed_by = std::string(rule->origin);
  }
  return code;
}

// Of code that nothing allows, the judge knows the name, and the worker what it
// does: one finding is enough. The worker's is left where it tells of that
// code, or of the code that it is nested in, unless the judge's says what had
// been allowed in its place.
void DropToldTwice(const Scan& scan, const std::vector<Finding>& told,
                   FileReport* report) {
  std::set<std::pair<absl::string_view, uint64_t>> places;
  for (const Finding& finding : told) {
    if (finding.code == Code::kEmbeddedCode && finding.detail.empty())
      places.emplace(finding.member, finding.offset);
  }
  std::set<std::pair<absl::string_view, uint64_t>> covered;
  for (size_t i = 0; i < scan.code.size(); ++i) {
    const EmbeddedCode& code = scan.code[i];
    // What is nested stands behind what it is nested in.
    const EmbeddedCode& outer = scan.code[std::min<size_t>(code.parent, i)];
    if (places.count({code.member, code.offset}) > 0 ||
        covered.count({outer.member, outer.offset}) > 0) {
      covered.emplace(code.member, code.offset);
    }
  }
  std::vector<Finding>& findings = report->findings;
  findings.erase(std::remove_if(findings.begin(), findings.end(),
                                [&](const Finding& finding) {
                                  return finding.code == Code::kEmbeddedCode &&
                                         finding.detail == "digest" &&
                                         covered.count({finding.member,
                                                        finding.offset}) > 0;
                                }),
                 findings.end());
}

void Reject(std::string why, Scan* scan) {
  scan->graphs.clear();
  scan->code.clear();
  scan->report.streams.clear();
  scan->report.members.clear();
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
  absl::StatusOr<Reply> reply =
      ReadReply(answer.bytes, limits.streams,
                limits.findings + kFindingsAboutFindings, limits.members);
  if (!reply.ok()) return Reject(std::string(reply.status().message()), scan);
  report.format = reply->formats[0];
  if (!AddMembers(*reply, answer.input_size, limits, &report))
    return Reject("a member that cannot be", scan);
  const auto path_of = [&report](uint32_t member) {
    return member == 0 ? std::string() : report.members[member - 1].path;
  };
  policy::Conclusion conclusion(table, limits.findings);
  policy::Judge judge(table, JudgingOptions(read, limits));
  FileBytes bytes(answer, reply->members);
  judge.set_bytes(&bytes);
  std::vector<uint64_t> sizes;  // of the members
  for (const MemberRecord& member : reply->members)
    sizes.push_back(member.size);
  bool mismatch = false;
  Elsewhere elsewhere;
  for (const StreamRecord& stream : reply->streams) {
    const uint64_t size = stream.member == 0
                              ? answer.input_size
                              : reply->members[stream.member - 1].size;
    if (!IsSound(stream, size)) return Reject("a stream that cannot be", scan);
    graph::Claim claim;
    claim.encoding = stream.encoding;
    claim.owner = answer.owner;
    claim.nodes = stream.nodes;
    claim.root = stream.root;
    claim.input_size = size;
    claim.stream_sizes = sizes;
    bytes.set_member(stream.member);
    judge.set_cut_off(stream.cut_off);
    elsewhere.cut_off = elsewhere.cut_off || stream.cut_off;
    absl::StatusOr<Graph> graph =
        graph::Verifier::Verify(claim, limits, &judge);
    if (!graph.ok()) return Reject(std::string(graph.status().message()), scan);
    judge.Commit();
    mismatch = mismatch || judge.denials() != stream.denials;
    conclusion.Add(judge, path_of(stream.member));
    report.streams.push_back(ReportOf(stream, path_of(stream.member)));
    report.streams.back().verdict = judge.denials() > 0 ? Verdict::kDenied
                                    : stream.stopped    ? Verdict::kClean
                                                        : Verdict::kIncomplete;
    const bool traced = absl::EndsWith(path_of(stream.member), kTracedInputs);
    elsewhere.Add(judge);
    elsewhere.scripts = elsewhere.scripts || traced;
    if (!traced) CheckTensors(*graph, judge, path_of(stream.member), &report);
    scan->graphs.push_back(*std::move(graph));
  }
  conclusion.MoveTo(&report);
  for (CodeRecord& record : reply->codes) {
    std::string member = path_of(record.member);
    scan->code.push_back(CodeOf(std::move(record), std::move(member), table));
  }
  for (size_t i = 0; i < reply->findings.size(); ++i)
    reply->findings[i].member = path_of(reply->finding_members[i]);
  DropToldTwice(*scan, reply->findings, &report);
  std::move(reply->findings.begin(), reply->findings.end(),
            std::back_inserter(report.findings));
  if (elsewhere.side_files && !Reported(Code::kSideFile, report)) {
    AddFinding(Code::kSideFile, "it has parts in files beside it", &report);
  }
  if (elsewhere.scripts && !Reported(Code::kTorchscriptCode, report)) {
    AddFinding(Code::kTorchscriptCode, "it is part of a TorchScript archive",
               &report);
  }
  if (elsewhere.cut_off && !Reported(Code::kArchiveBroken, report) &&
      !Reported(Code::kTruncated, report)) {
    AddFinding(Code::kTruncated, "it is part of something that is cut off",
               &report);
  }
  if (mismatch)
    AddFinding(Code::kResultMismatch, "worker and parent judge differently",
               &report);
}

namespace {

// Sets the verdicts of the streams that `finding` is about.
void Blame(const Finding& finding, Verdict worse, FileReport* report) {
  for (StreamReport& stream : report->streams) {
    if (finding.member != stream.member || finding.offset < stream.begin ||
        finding.offset > stream.end) {
      continue;
    }
    // At the end of a complete stream begins what is not of it.
    if (finding.offset < stream.end || !stream.complete)
      stream.verdict = std::min(stream.verdict, worse);
  }
}

// The verdicts of all members, each with what is in it.
class MemberVerdicts {
 public:
  explicit MemberVerdicts(FileReport* report) {
    for (MemberReport& member : report->members)
      by_path_[member.path].push_back(&member);
  }
  // Something in `path` makes it, and what it is in, no better than `verdict`.
  void Worsen(absl::string_view path, Verdict verdict) {
    while (!path.empty()) {
      if (const auto found = by_path_.find(path); found != by_path_.end()) {
        for (MemberReport* member : found->second) {
          // Unsupported says that nothing was found yet.
          member->verdict = member->verdict == Verdict::kUnsupported
                                ? verdict
                                : std::min(member->verdict, verdict);
        }
      }
      const size_t cut = path.rfind('!');
      path = cut == absl::string_view::npos ? "" : path.substr(0, cut);
    }
  }

 private:
  std::map<absl::string_view, std::vector<MemberReport*>> by_path_;
};

}  // namespace

void DrawVerdict(FileReport* report) {
  bool denied = false;
  bool incomplete = false;
  MemberVerdicts members(report);
  for (const Finding& finding : report->findings) {
    const Effect effect = Info(finding.code).effect;
    if (effect == Effect::kNone) continue;
    denied = denied || effect == Effect::kDenies;
    incomplete = incomplete || effect == Effect::kIncomplete;
    const Verdict worse =
        effect == Effect::kDenies ? Verdict::kDenied : Verdict::kIncomplete;
    Blame(finding, worse, report);
    members.Worsen(finding.member, worse);
  }
  // Of many denials not each has a finding.
  for (const StreamReport& stream : report->streams) {
    denied = denied || stream.verdict == Verdict::kDenied;
    members.Worsen(stream.member, stream.verdict);
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
