// Reports that tests of the writers share.
#ifndef PICKLEBOX_TESTS_REPORT_SAMPLE_FILES_H_
#define PICKLEBOX_TESTS_REPORT_SAMPLE_FILES_H_

#include <string>

#include "picklebox/report.h"

namespace picklebox {

// Bytes that somebody who names things in a pickle might choose: a terminal
// escape, a newline, a quote and a backslash, NUL, right-to-left override, a
// lone surrogate, and what is no UTF-8.
inline std::string HostileText() {
  return std::string("\x1b[31m\n\"\\'\0\xe2\x80\xae\xed\xa0\x80\xff", 17);
}

inline StreamReport SampleStream(Verdict verdict) {
  return {.member = "",
          .begin = 0,
          .end = 1500,
          .complete = verdict != Verdict::kIncomplete,
          .protocol = 4,
          .opcodes = 56,
          .nodes = 1,
          .graph_bytes = 34,
          .verdict = verdict};
}

inline FileReport CleanFile() {
  return {.path = "models/good.pkl",
          .size = 1500,
          .verdict = Verdict::kClean,
          .format = "pickle",
          .members = {},
          .streams = {SampleStream(Verdict::kClean)},
          .globals = {{.module = "numpy._core.multiarray",
                       .qualname = "_reconstruct",
                       .raw_module = "numpy.core.multiarray",
                       .raw_qualname = "_reconstruct",
                       .uses = kReference | kCall,
                       .denied = 0,
                       .reason = "",
                       .policy_origin = "numpy.toml:12",
                       .member = "",
                       .offset = 4,
                       .count = 3}},
          .findings = {{Code::kSeveralPickles, "", "", 0, "two pickles"}}};
}

inline FileReport DeniedFile() {
  return {.path = "models/evil.pt",
          .size = 2'345'678,
          .verdict = Verdict::kDenied,
          .format = "zip archive",
          .members = {{.path = "data.pkl",
                       .size = 6000,
                       .offset = 64,
                       .packing = "stored",
                       .format = "pickle",
                       .verdict = Verdict::kDenied},
                      {.path = "inner.zip!a.txt",
                       .size = 70,
                       .offset = std::nullopt,
                       .packing = "deflate",
                       .format = "text",
                       .verdict = Verdict::kUnsupported}},
          .streams = {SampleStream(Verdict::kDenied),
                      SampleStream(Verdict::kClean)},
          .globals = {CleanFile().globals[0],
                      {.module = "posix",
                       .qualname = "system",
                       .raw_module = "posix",
                       .raw_qualname = "system",
                       .uses = kReference | kCall,
                       .denied = kCall,
                       .reason = "runs a command in a shell",
                       .policy_origin = "",
                       .member = "data.pkl",
                       .offset = 28,
                       .count = 1}},
          .findings = {{Code::kGlobalDenied, "", "data.pkl", 28,
                        "posix:system is called"},
                       {Code::kTruncated, "tail", "data.pkl", 4096, ""}}};
}

// Hostile text wherever there is text.
inline FileReport HostileFile() {
  FileReport file = DeniedFile();
  const std::string evil = HostileText();
  file.path = evil;
  file.format = evil;
  for (StreamReport& stream : file.streams) stream.member = evil;
  for (MemberReport& member : file.members)
    member.path = member.packing = member.format = evil;
  for (GlobalReport& global : file.globals) {
    global.module = global.raw_module = evil;
    global.qualname = evil + "q";
    global.raw_qualname = evil;
    global.reason = global.policy_origin = global.member = evil;
  }
  for (Finding& finding : file.findings) {
    finding.detail = finding.member = finding.message = evil;
  }
  return file;
}

}  // namespace picklebox

#endif  // PICKLEBOX_TESTS_REPORT_SAMPLE_FILES_H_
