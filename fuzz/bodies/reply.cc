#include "box/reply.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "box/examination.h"
#include "fuzz/bodies/bodies.h"
#include "fuzz/bodies/check.h"
#include "fuzz/bodies/input.h"
#include "fuzz/bodies/parsed.h"
#include "picklebox/report_writer.h"

namespace picklebox::fuzz {
namespace {

constexpr uint64_t kMaxStreams = 8;
constexpr uint64_t kMaxFindings = 8;
constexpr uint64_t kInputSize = 1 << 12;

bool Within(absl::Span<const uint8_t> outer, const void* begin, size_t size) {
  if (size == 0) return true;
  const auto* p = static_cast<const uint8_t*>(begin);
  return p >= outer.data() && size <= outer.size() &&
         p <= outer.data() + outer.size() - size;
}

void CheckReply(const box::Reply& reply, absl::Span<const uint8_t> bytes) {
  FUZZ_CHECK(reply.streams.size() <= kMaxStreams, "streams");
  FUZZ_CHECK(reply.findings.size() <= kMaxFindings, "findings");
  FUZZ_CHECK(reply.formats.size() == reply.members.size() + 1, "formats");
  for (const std::string& format : reply.formats)
    FUZZ_CHECK(IsPrintable(format, false), "format");
  for (const box::StreamRecord& stream : reply.streams) {
    FUZZ_CHECK(Within(bytes, stream.encoding.data(), stream.encoding.size()),
               "an encoding outside of the reply");
  }
  for (const Finding& finding : reply.findings) {
    FUZZ_CHECK(IsCode(static_cast<uint16_t>(finding.code)), "code");
  }
  for (const absl::string_view text : reply.text) {
    FUZZ_CHECK(IsPrintable(text, true), "text");
    FUZZ_CHECK(Within(bytes, text.data(), text.size()), "text");
  }
}

// Whatever a worker says, the parent's reports are printable.
void CheckExamination(absl::Span<const uint8_t> bytes) {
  const auto owner =
      std::make_shared<const std::vector<uint8_t>>(bytes.begin(), bytes.end());
  Limits limits;
  limits.streams = kMaxStreams;
  limits.findings = kMaxFindings;
  Scan scan;
  scan.report.path = "input";
  scan.report.size = kInputSize;
  box::Examine({.bytes = *owner,
                .owner = owner,
                .input_size = kInputSize,
                .read = nullptr},
               DefaultTable(), {}, limits, &scan);
  box::DrawVerdict(&scan.report);
  FUZZ_CHECK(scan.graphs.size() == scan.report.streams.size(), "graphs");
  Summary summary;
  summary.Add(scan.report);
  for (const absl::string_view format : ReportFormats()) {
    std::string whole;
    const Sink sink = [&whole](absl::string_view text) {
      FUZZ_CHECK(IsPrintable(text, true), std::string(text));
      absl::StrAppend(&whole, text);
    };
    const std::unique_ptr<ReportWriter> writer =
        MakeReportWriter(format, sink, {.verbosity = 1});
    writer->File(scan.report);
    writer->End(summary);
    CheckReportText(format, whole, scan.report.findings.size());
  }
}

}  // namespace

void FuzzReply(absl::Span<const uint8_t> input) {
  const absl::StatusOr<box::Reply> reply =
      box::ReadReply(input, kMaxStreams, kMaxFindings);
  if (reply.ok()) CheckReply(*reply, input);
  CheckExamination(input);
}

}  // namespace picklebox::fuzz
