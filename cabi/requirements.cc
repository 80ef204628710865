#include "picklebox/requirements.h"

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cabi/handles.h"
#include "picklebox.h"

using picklebox::cabi::Guarded;
using picklebox::cabi::OrEmpty;
using picklebox::cabi::Report;

picklebox_text* picklebox_scan_requirements(const picklebox_scan* scan,
                                            const char* format,
                                            picklebox_error** error) {
  return Guarded<picklebox_text*>(nullptr, error, [&]() -> picklebox_text* {
    const absl::string_view form = OrEmpty(format);
    if (form != "text" && form != "json" && form != "pip") {
      Report(
          absl::InvalidArgumentError(absl::StrCat(
              "no format is called \"", form, "\"; there are text, json, pip")),
          error);
      return nullptr;
    }
    auto text = std::make_unique<picklebox_text>();
    const picklebox::Sink sink = [&text](absl::string_view piece) {
      text->text.append(piece.data(), piece.size());
    };
    const picklebox::Requirements needs = picklebox::RequirementsOf(scan->scan);
    if (form == "json") {
      picklebox::WriteJson(needs, sink);
    } else if (form == "pip") {
      picklebox::WritePip(needs, sink);
    } else {
      picklebox::WriteText(needs, sink);
    }
    return text.release();
  });
}
