// The writers, one a format. report_writer.h says what they have in common.
#ifndef PICKLEBOX_REPORT_WRITERS_H_
#define PICKLEBOX_REPORT_WRITERS_H_

#include <memory>

#include "picklebox/report_writer.h"

namespace picklebox::report {

// For people, file by file, with what to do next.
std::unique_ptr<ReportWriter> MakeText(Sink sink, const ReportStyle& style);
// A line a finding, for grep and for editors.
std::unique_ptr<ReportWriter> MakeConcise(Sink sink, const ReportStyle& style);
// One object (docs/report.schema.json), or one object a line.
std::unique_ptr<ReportWriter> MakeJson(Sink sink, const ReportStyle& style);
std::unique_ptr<ReportWriter> MakeJsonl(Sink sink, const ReportStyle& style);
// SARIF 2.1.0, for code scanning.
std::unique_ptr<ReportWriter> MakeSarif(Sink sink, const ReportStyle& style);
// A table for a pull request or the summary of a job.
std::unique_ptr<ReportWriter> MakeMarkdown(Sink sink, const ReportStyle& style);
// A test case a file, as JUnit's XML.
std::unique_ptr<ReportWriter> MakeJunit(Sink sink, const ReportStyle& style);

}  // namespace picklebox::report

#endif  // PICKLEBOX_REPORT_WRITERS_H_
