#ifndef PICKLEBOX_TESTS_BOX_BYTES_H_
#define PICKLEBOX_TESTS_BOX_BYTES_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "base/memory.h"
#include "base/source.h"
#include "box/examination.h"
#include "box/reply.h"
#include "box/request.h"
#include "box/vetting.h"
#include "picklebox/scanner.h"
#include "policy/table.h"

// What the tests of box/ share: both halves of a scan, without the sandbox.

namespace picklebox::box {

inline absl::Span<const uint8_t> Bytes(absl::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// A string literal with NULs in it.
template <size_t N>
std::string Raw(const char (&literal)[N]) {
  return std::string(literal, N - 1);
}

// os.system("true"), without STOP.
inline std::string SystemCall() { return "cos\nsystem\n(S'true'\ntR"; }

inline policy::PolicyTable DefaultTable() {
  return *policy::PolicyTable::Open(Policy::Default().compiled());
}

// The worker's half: the reply to `request` about `input`.
inline std::vector<uint8_t> ReplyTo(const Request& request,
                                    absl::string_view input, size_t room = 0) {
  std::vector<uint8_t> region(room > 0 ? room : input.size() * 72 + (1 << 20));
  base::HeapMemory memory;
  ReplyWriter reply(absl::MakeSpan(region));
  Respond(request, DefaultTable(), memory,
          std::make_shared<base::SpanSource>(Bytes(input)), &reply);
  region.resize(reply.Finish());
  return region;
}

// The parent's half.
inline Scan ExaminationOf(std::vector<uint8_t> reply, uint64_t input_size,
                          const Limits& limits = Limits()) {
  const auto owner =
      std::make_shared<const std::vector<uint8_t>>(std::move(reply));
  Answer answer;
  answer.bytes = *owner;
  answer.owner = owner;
  answer.input_size = input_size;
  Scan scan;
  scan.report.path = "x";
  scan.report.size = input_size;
  Examine(answer, DefaultTable(), ReadOptions(), limits, &scan);
  DrawVerdict(&scan.report);
  return scan;
}

inline Scan ScanOf(absl::string_view input, bool named_pickle = false,
                   const Limits& limits = Limits()) {
  Request request;
  request.named_pickle = named_pickle;
  request.limits = limits;
  return ExaminationOf(ReplyTo(request, input), input.size(), limits);
}

inline bool Has(const FileReport& report, Code code) {
  return std::any_of(
      report.findings.begin(), report.findings.end(),
      [code](const Finding& finding) { return finding.code == code; });
}

inline bool Names(const FileReport& report, absl::string_view module,
                  absl::string_view qualname, uint64_t offset) {
  return std::any_of(report.globals.begin(), report.globals.end(),
                     [&](const GlobalReport& global) {
                       return !global.allowed() && global.module == module &&
                              global.qualname == qualname &&
                              global.offset == offset;
                     });
}

}  // namespace picklebox::box

#endif  // PICKLEBOX_TESTS_BOX_BYTES_H_
