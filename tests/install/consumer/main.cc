// A program of somebody else's that vets a file: prints the verdict, or why
// there is none. WORKER is where picklebox was installed to.
#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "picklebox/picklebox.h"

int main(int argc, char** argv) {
  if (argc != 2) return 4;
  picklebox::ScannerOptions options;
  options.worker_path = WORKER;
  absl::StatusOr<std::unique_ptr<picklebox::Scanner>> scanner =
      picklebox::Scanner::Create(options);
  if (!scanner.ok()) {
    std::fprintf(stderr, "%s\n", scanner.status().ToString().c_str());
    return 5;
  }
  const picklebox::Scan scan = (*scanner)->ScanFile(argv[1]);
  std::printf("%s\n",
              std::string(picklebox::VerdictName(scan.report.verdict)).c_str());
  return 0;
}
