// Prints reports for json_report_test.py: report_sample NAME, NAME one of
// "none", "some", "all-codes".
#include <cstdio>
#include <string>
#include <vector>

#include "picklebox/report_writer.h"
#include "sample_files.h"

namespace picklebox {
namespace {

// A file with every finding that there is.
FileReport AllCodes() {
  FileReport file = CleanFile();
  file.verdict = Verdict::kIncomplete;
  file.size = UINT64_MAX;
  file.findings.clear();
  for (uint16_t number = 0; IsCode(number); ++number) {
    file.findings.push_back({static_cast<Code>(number), "", "", number, "x"});
  }
  return file;
}

int Main(const std::string& name) {
  std::vector<FileReport> files;
  if (name == "some") files = {CleanFile(), DeniedFile(), HostileFile()};
  if (name == "all-codes") files = {AllCodes()};
  JsonReport report([](absl::string_view piece) {
    std::fwrite(piece.data(), 1, piece.size(), stdout);
  });
  Summary summary;
  for (const FileReport& file : files) {
    summary.Add(file);
    report.File(file);
  }
  summary.seconds = 0.25;
  report.End(summary);
  return 0;
}

}  // namespace
}  // namespace picklebox

int main(int argc, char** argv) {
  return picklebox::Main(argc > 1 ? argv[1] : "");
}
