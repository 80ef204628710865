// Prints reports for the tests of the writers: report_sample NAME [FORMAT],
// NAME one of "none", "some", "all-codes", "answered", "hostile", "many".
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

// What somebody might call a file, a member or a class to harm who reads the
// report: commands to terminals and to logs of build services, markup, links,
// ends of quotes of each format, and what is no text.
std::vector<std::string> HostileTexts() {
  return {HostileText(),
          "::error file=a.py,line=1::pwned",
          "::stop-commands::x",
          ":",
          "x\n::add-mask::a",
          "x\r\n::set-output name=a::b",
          "##[group]x",
          "a ##vso[task.setvariable variable=a]b",
          "%0A::error::%0D%25",
          "<script>alert(1)</script>",
          "<img src=x onerror=alert(1)>&lt;&#60;",
          "]]><!--",
          "</code></failure><testcase name=\"x\"/>",
          "![x](https://evil.example/x.png) [y](javascript:alert(1))",
          "| --- | `x` ``` **b** _i_ ~~s~~ # h",
          "@everyone #1 https://evil.example www.evil.example a@b.example",
          "{0} {1} %s %n ${{ github.token }} $(id) `id`",
          "\x1b]0;title\x07\x9b"
          "31m\x08\x7f",
          "\xe2\x80\xae\xe2\x81\xa6\xd8\x9c\xef\xbb\xbf",
          "\xed\xa0\x80\xed\xb0\x80 \xed\xb0\x80\xed\xa0\x80",
          "\xff\xfe\xc0\xaf",
          std::string("a\0b", 3),
          "../../etc/passwd",
          "//evil.example/share",
          "C:\\evil",
          "file:///etc/passwd",
          "javascript:alert(1)",
          "a b?c#d%41",
          "\xf0\x9f\xa5\x92.pkl",
          std::string(300, 'x')};
}

std::vector<FileReport> HostileFiles() {
  std::vector<FileReport> files;
  for (const std::string& evil : HostileTexts()) {
    FileReport file = HostileFile();
    file.path = evil;
    file.format = evil;
    for (StreamReport& stream : file.streams) stream.member = evil;
    for (GlobalReport& global : file.globals) {
      global.module = global.qualname = global.raw_module =
          global.raw_qualname = global.reason = global.policy_origin =
              global.member = evil;
    }
    for (Finding& finding : file.findings) {
      finding.detail = finding.member = finding.message = finding.answer = evil;
    }
    file.findings[0].standing = Standing::kAccepted;
    files.push_back(file);
    file.verdict = Verdict::kIncomplete;
    files.push_back(file);
  }
  return files;
}

// One finding of each standing.
FileReport AnsweredFile() {
  FileReport file = DeniedFile();
  file.path = "models/answered.pkl";
  file.sha256 = std::string(64, 'a');
  file.verdict = Verdict::kIncomplete;
  for (Finding& finding : file.findings) {
    finding.fingerprint = std::string(32, 'b');
    finding.standing = Standing::kKnown;
  }
  file.findings[0].standing = Standing::kAccepted;
  file.findings[0].answer = "we wrote it";
  return file;
}

int Main(const std::string& name, const std::string& format) {
  std::vector<FileReport> files;
  if (name == "some") files = {CleanFile(), DeniedFile(), HostileFile()};
  if (name == "all-codes") files = {AllCodes()};
  if (name == "many") files.assign(500, DeniedFile());
  if (name == "hostile") files = HostileFiles();
  if (name == "answered") files = {AnsweredFile()};
  const std::unique_ptr<ReportWriter> report =
      MakeReportWriter(format,
                       [](absl::string_view piece) {
                         std::fwrite(piece.data(), 1, piece.size(), stdout);
                       },
                       {.verbosity = 1, .show_accepted = true});
  if (report == nullptr) return 1;
  Summary summary;
  for (const FileReport& file : files) {
    summary.Add(file);
    report->File(file);
  }
  summary.seconds = 0.25;
  report->End(summary);
  return 0;
}

}  // namespace
}  // namespace picklebox

int main(int argc, char** argv) {
  return picklebox::Main(argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : "json");
}
