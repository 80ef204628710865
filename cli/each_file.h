// What commands share that say something of each of several files.
//
//   auto options = std::make_shared<EachFileOptions>();
//   options->AddTo(command, "text|json");
//   return TellOfEach(*options, [](const Scan& scan, const Sink& out) {
//     WriteText(Look(scan), out);
//     return Told{.found = ..., .unread = ...};
//   });
#ifndef PICKLEBOX_CLI_EACH_FILE_H_
#define PICKLEBOX_CLI_EACH_FILE_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "cli/shared_options.h"
#include "picklebox/scanner.h"
#include "picklebox/sink.h"

namespace picklebox::cli {

struct EachFileOptions {
  SharedOptions shared;
  std::vector<std::string> paths;
  std::string list;
  std::string format = "text";

  bool json() const { return format == "json"; }
  // PATH, --files-from, --format of one of `formats` ("text|json"), about which
  // is said `about`, and the shared ones.
  void AddTo(CLI::App* command, const std::string& formats,
             const std::string& about);
};

struct Told {
  bool found = false;   // what the command looks for
  bool unread = false;  // some of the file could not be looked at
};

// Calls `tell` for each file, with where to write to; of JSON, one value. What
// could not be read is said on the standard error. Returns the exit status: 1
// something was found, 2 nothing in what could be read, 0 nothing.
int TellOfEach(
    const EachFileOptions& options,
    const std::function<Told(const Scan& scan, const Sink& out)>& tell);

}  // namespace picklebox::cli

#endif  // PICKLEBOX_CLI_EACH_FILE_H_
