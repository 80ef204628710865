#include <memory>

#include "absl/strings/string_view.h"
#include "cli/commands.h"
#include "cli/each_file.h"
#include "picklebox/requirements.h"

namespace picklebox::cli {
namespace {

void Write(const Requirements& needs, absl::string_view format,
           const Sink& out) {
  if (format == "json") return WriteJson(needs, out);
  if (format == "pip") return WritePip(needs, out);
  WriteText(needs, out);
}

// What is in an environment, its Python knows.
void RefuseCheck() {
  throw CLI::ValidationError(
      "--check",
      "it is for the Python package: python -m picklebox requirements --check");
}

}  // namespace

Run AddRequirements(CLI::App* app) {
  auto options = std::make_shared<EachFileOptions>();
  CLI::App* command = app->add_subcommand(
      "requirements", "Say what a pickle needs where it is loaded");
  command->footer(
      "Modules and the distributions they come with, versions that the file "
      "records, names that\n"
      "a newer or older release has moved, and what exists only where the file "
      "was made, with the\n"
      "error that loading would end in. Nothing is imported or loaded.\n\n"
      "Examples:\n"
      "  picklebox requirements model.pkl\n"
      "  picklebox requirements --format pip model.pkl > requirements.txt\n\n"
      "Exit status: 0 all of it can be had, 1 something exists only where the "
      "file was made, 2 a\n"
      "file could not be read to its end, 4 usage.");
  options->AddTo(command, "text|json|pip",
                 "For people, for programs, or lines for pip install -r");
  command->add_flag_callback(
      "--check", &RefuseCheck,
      "Say whether all that is in an environment: with the Python package that "
      "is installed there, python -m picklebox requirements --check");
  return [options] {
    return TellOfEach(*options, [&](const Scan& scan, const Sink& out) {
      const Requirements needs = RequirementsOf(scan);
      Write(needs, options->format, out);
      return Told{needs.misses(), !needs.complete};
    });
  };
}

}  // namespace picklebox::cli
