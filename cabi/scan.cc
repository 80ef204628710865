#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cabi/handles.h"
#include "picklebox.h"
#include "picklebox/finding.h"
#include "picklebox/report.h"
#include "picklebox/report_writer.h"
#include "picklebox/threats.h"
#include "picklebox/verdict.h"

using picklebox::Effect;
using picklebox::FileReport;
using picklebox::Finding;
using picklebox::GlobalReport;
using picklebox::MemberReport;
using picklebox::StreamReport;
using picklebox::Verdict;
using picklebox::cabi::Guarded;
using picklebox::cabi::OrEmpty;
using picklebox::cabi::Report;
using picklebox::cabi::View;

static_assert(static_cast<int>(Verdict::kDenied) == PICKLEBOX_DENIED &&
              static_cast<int>(Verdict::kIncomplete) == PICKLEBOX_INCOMPLETE &&
              static_cast<int>(Verdict::kUnsupported) ==
                  PICKLEBOX_UNSUPPORTED &&
              static_cast<int>(Verdict::kClean) == PICKLEBOX_CLEAN);
static_assert(static_cast<int>(Effect::kNone) == PICKLEBOX_EFFECT_NONE &&
              static_cast<int>(Effect::kIncomplete) ==
                  PICKLEBOX_EFFECT_INCOMPLETE &&
              static_cast<int>(Effect::kDenies) == PICKLEBOX_EFFECT_DENIES);
static_assert(int{picklebox::kReference} == PICKLEBOX_USE_REFERENCE &&
              int{picklebox::kCall} == PICKLEBOX_USE_CALL &&
              int{picklebox::kNew} == PICKLEBOX_USE_NEW &&
              int{picklebox::kBuild} == PICKLEBOX_USE_BUILD &&
              int{picklebox::kExtend} == PICKLEBOX_USE_EXTEND);
static_assert(
    static_cast<int>(absl::StatusCode::kUnknown) == PICKLEBOX_UNKNOWN &&
    static_cast<int>(absl::StatusCode::kInvalidArgument) ==
        PICKLEBOX_INVALID_ARGUMENT &&
    static_cast<int>(absl::StatusCode::kNotFound) == PICKLEBOX_NOT_FOUND &&
    static_cast<int>(absl::StatusCode::kPermissionDenied) ==
        PICKLEBOX_PERMISSION_DENIED &&
    static_cast<int>(absl::StatusCode::kResourceExhausted) ==
        PICKLEBOX_RESOURCE_EXHAUSTED &&
    static_cast<int>(absl::StatusCode::kFailedPrecondition) ==
        PICKLEBOX_FAILED_PRECONDITION &&
    static_cast<int>(absl::StatusCode::kAborted) == PICKLEBOX_ABORTED &&
    static_cast<int>(absl::StatusCode::kOutOfRange) == PICKLEBOX_OUT_OF_RANGE &&
    static_cast<int>(absl::StatusCode::kInternal) == PICKLEBOX_INTERNAL &&
    static_cast<int>(absl::StatusCode::kUnavailable) == PICKLEBOX_UNAVAILABLE);

namespace {

// Both parts of a global, as a string of TOML. Nothing in it can end the string
// or reach a terminal.
std::string TomlName(absl::string_view module, absl::string_view qualname) {
  std::string quoted = "\"";
  for (const char c : absl::StrCat(module, ":", qualname)) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      absl::StrAppend(&quoted, "\\", std::string(1, c));
    } else if (byte < 0x20 || byte == 0x7f) {
      absl::StrAppend(&quoted, "\\u00", absl::Hex(byte, absl::kZeroPad2));
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string Rule(const GlobalReport& global) {
  const picklebox::DangerClass* const danger = picklebox::DangerOf(global);
  std::string rule = danger == nullptr
                         ? ""
                         : absl::StrCat("# Dangerous: ", danger->name, "\n");
  absl::StrAppend(
      &rule, "[[allow]]\nglobal = ", TomlName(global.module, global.qualname),
      "\nuses   = [\"",
      absl::StrJoin(picklebox::UseNames(global.uses | global.granted),
                    "\", \""),
      "\"]\n");
  for (const std::string& line : global.rule_lines)
    absl::StrAppend(&rule, line, "\n");
  return rule;
}

}  // namespace

int picklebox_scan_verdict(const picklebox_scan* scan) {
  return static_cast<int>(scan->scan.report.verdict);
}

const char* picklebox_verdict_name(int verdict) {
  if (verdict < PICKLEBOX_DENIED || verdict > PICKLEBOX_CLEAN) return nullptr;
  return picklebox::VerdictName(static_cast<Verdict>(verdict)).data();
}

picklebox_string picklebox_scan_path(const picklebox_scan* scan) {
  return View(scan->scan.report.path);
}

picklebox_string picklebox_scan_format(const picklebox_scan* scan) {
  return View(scan->scan.report.format);
}

uint64_t picklebox_scan_size(const picklebox_scan* scan) {
  return scan->scan.report.size;
}

picklebox_text* picklebox_scan_report(const picklebox_scan* scan,
                                      const char* format,
                                      picklebox_error** error) {
  return Guarded<picklebox_text*>(nullptr, error, [&]() -> picklebox_text* {
    auto text = std::make_unique<picklebox_text>();
    const auto writer = picklebox::MakeReportWriter(
        OrEmpty(format),
        [&text](absl::string_view piece) {
          text->text.append(piece.data(), piece.size());
        },
        {});
    if (writer == nullptr) {
      Report(absl::InvalidArgumentError(absl::StrCat(
                 "no format is called \"", OrEmpty(format), "\"; there are ",
                 absl::StrJoin(picklebox::ReportFormats(), ", "))),
             error);
      return nullptr;
    }
    picklebox::Summary summary;
    summary.Add(scan->scan.report);
    writer->File(scan->scan.report);
    writer->End(summary);
    return text.release();
  });
}

picklebox_text* picklebox_scan_fragment(const picklebox_scan* scan) {
  return Guarded<picklebox_text*>(nullptr, nullptr, [&] {
    auto text = std::make_unique<picklebox_text>();
    for (const GlobalReport& global : scan->scan.report.globals) {
      if (global.allowed()) continue;
      absl::StrAppend(&text->text, text->text.empty() ? "" : "\n",
                      Rule(global));
    }
    return text.release();
  });
}

size_t picklebox_scan_findings(const picklebox_scan* scan) {
  return scan->scan.report.findings.size();
}

int picklebox_scan_finding(const picklebox_scan* scan, size_t i,
                           picklebox_finding* finding) {
  if (i >= scan->scan.report.findings.size()) return 0;
  const Finding& from = scan->scan.report.findings[i];
  const picklebox::CodeInfo& info = picklebox::Info(from.code);
  finding->code = View(info.name);
  finding->detail = View(from.detail);
  finding->member = View(from.member);
  finding->message = View(from.message);
  finding->explanation = View(info.explanation);
  finding->offset = from.offset;
  finding->effect = static_cast<int>(info.effect);
  return 1;
}

size_t picklebox_scan_globals(const picklebox_scan* scan) {
  return scan->scan.report.globals.size();
}

int picklebox_scan_global(const picklebox_scan* scan, size_t i,
                          picklebox_global* global) {
  if (i >= scan->scan.report.globals.size()) return 0;
  const GlobalReport& from = scan->scan.report.globals[i];
  const picklebox::DangerClass* danger = picklebox::DangerOf(from);
  global->module = View(from.module);
  global->qualname = View(from.qualname);
  global->raw_module = View(from.raw_module);
  global->raw_qualname = View(from.raw_qualname);
  global->member = View(from.member);
  global->reason = View(from.reason);
  global->origin = View(from.policy_origin);
  global->danger = View(danger == nullptr ? "" : danger->name);
  global->danger_text = View(danger == nullptr ? "" : danger->text);
  global->offset = from.offset;
  global->count = from.count;
  global->uses = from.uses;
  global->denied = from.denied;
  return 1;
}

size_t picklebox_scan_streams(const picklebox_scan* scan) {
  return scan->scan.report.streams.size();
}

int picklebox_scan_stream(const picklebox_scan* scan, size_t i,
                          picklebox_stream* stream) {
  if (i >= scan->scan.report.streams.size()) return 0;
  const StreamReport& from = scan->scan.report.streams[i];
  stream->member = View(from.member);
  stream->begin = from.begin;
  stream->end = from.end;
  stream->opcodes = from.opcodes;
  stream->nodes = from.nodes;
  stream->complete = from.complete ? 1 : 0;
  stream->protocol = from.protocol;
  stream->verdict = static_cast<int>(from.verdict);
  return 1;
}

size_t picklebox_scan_members(const picklebox_scan* scan) {
  return scan->scan.report.members.size();
}

int picklebox_scan_member(const picklebox_scan* scan, size_t i,
                          picklebox_member* member) {
  if (i >= scan->scan.report.members.size()) return 0;
  const MemberReport& from = scan->scan.report.members[i];
  member->path = View(from.path);
  member->packing = View(from.packing);
  member->format = View(from.format);
  member->size = from.size;
  member->offset = from.offset.value_or(0);
  member->has_offset = from.offset.has_value() ? 1 : 0;
  member->verdict = static_cast<int>(from.verdict);
  return 1;
}
