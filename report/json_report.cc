#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "report/json.h"
#include "report/output.h"
#include "report/writers.h"

namespace picklebox::report {
namespace {

template <typename Row>
void PrintList(Output& out, absl::string_view name,
               const std::vector<Row>& rows) {
  out.Print(",\n      ", Quoted(name), ": [");
  for (size_t i = 0; i < rows.size(); ++i) {
    out.Print(i == 0 ? "\n        " : ",\n        ", JsonOf(rows[i]));
  }
  out.Print(rows.empty() ? "]" : "\n      ]");
}

class JsonReport final : public ReportWriter {
 public:
  explicit JsonReport(Sink sink) : sink_(std::move(sink)) {}

  void File(const FileReport& file) override {
    Output out(sink_);
    PrintOpening(out);
    out.Print(first_ ? "\n" : ",\n", "    {\n      ",
              JsonHeadOf(file, ",\n      "));
    PrintList(out, "members", file.members);
    PrintList(out, "streams", file.streams);
    PrintList(out, "globals", file.globals);
    PrintList(out, "findings", file.findings);
    out.Print("\n    }");
    first_ = false;
  }

  void End(const Summary& summary) override {
    Output out(sink_);
    PrintOpening(out);
    out.Print(first_ ? "]" : "\n  ]", ",\n  \"summary\": ", JsonOf(summary),
              "\n}\n");
  }

 private:
  // What stands before the first file, or before the end when there is none.
  void PrintOpening(Output& out) const {
    if (!first_) return;
    out.Print("{\n  \"schema_version\": ", kReportSchemaVersion,
              ",\n  \"files\": [");
  }

  Sink sink_;
  bool first_ = true;
};

template <typename Row>
void PrintInLine(Output& out, absl::string_view name,
                 const std::vector<Row>& rows) {
  out.Print(", ", Quoted(name), ": [");
  for (size_t i = 0; i < rows.size(); ++i) {
    out.Print(i == 0 ? "" : ", ", JsonOf(rows[i]));
  }
  out.Print("]");
}

class JsonlReport final : public ReportWriter {
 public:
  explicit JsonlReport(Sink sink) : sink_(std::move(sink)) {}

  void File(const FileReport& file) override {
    Output out(sink_);
    out.Print("{\"schema_version\": ", kReportSchemaVersion, ", \"file\": {",
              JsonHeadOf(file, ", "));
    PrintInLine(out, "members", file.members);
    PrintInLine(out, "streams", file.streams);
    PrintInLine(out, "globals", file.globals);
    PrintInLine(out, "findings", file.findings);
    out.Print("}}\n");
  }

  void End(const Summary& summary) override {
    Output(sink_).Print("{\"schema_version\": ", kReportSchemaVersion,
                        ", \"summary\": ", JsonOf(summary), "}\n");
  }

 private:
  Sink sink_;
};

}  // namespace

std::unique_ptr<ReportWriter> MakeJson(Sink sink, const ReportStyle&) {
  return std::make_unique<JsonReport>(std::move(sink));
}

std::unique_ptr<ReportWriter> MakeJsonl(Sink sink, const ReportStyle&) {
  return std::make_unique<JsonlReport>(std::move(sink));
}

}  // namespace picklebox::report
