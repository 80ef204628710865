// What the handles of picklebox.h hold, and how a C++ failure becomes one.
#ifndef PICKLEBOX_CABI_HANDLES_H_
#define PICKLEBOX_CABI_HANDLES_H_

#include <exception>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "picklebox.h"
#include "picklebox/graph.h"
#include "picklebox/policy.h"
#include "picklebox/scanner.h"

struct picklebox_error {
  int code;
  std::string message;
};
struct picklebox_text {
  std::string text;
};
struct picklebox_policy {
  picklebox::Policy policy;
};
struct picklebox_options {
  picklebox::ScannerOptions options;
  // Apart, since the policy sets limits too, and these win.
  std::vector<std::pair<std::string, std::string>> limits;
};
struct picklebox_scanner {
  std::unique_ptr<picklebox::Scanner> scanner;
};
struct picklebox_content {
  picklebox::Content content;
};
struct picklebox_scan {
  picklebox::Scan scan;
};
struct picklebox_graph {
  picklebox::Graph graph;
};

namespace picklebox::cabi {

// Makes `*error` say what `status` says, unless `error` is null.
inline void Report(const absl::Status& status, picklebox_error** error) {
  if (error == nullptr) return;
  *error = new picklebox_error{static_cast<int>(status.code()),
                               std::string(status.message())};
}

// What `body` returns; `otherwise`, and an error, if it throws. Without memory
// for the error, there is none.
template <typename T, typename Body>
T Guarded(T otherwise, picklebox_error** error, Body body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    if (error != nullptr) {
      *error = new (std::nothrow)
          picklebox_error{PICKLEBOX_RESOURCE_EXHAUSTED, "out of memory"};
    }
  } catch (const std::exception&) {
    if (error != nullptr)
      *error = new (std::nothrow) picklebox_error{PICKLEBOX_INTERNAL, ""};
  }
  return otherwise;
}

inline picklebox_string View(absl::string_view text) {
  return {text.data(), text.size()};
}
inline absl::string_view View(picklebox_string text) {
  return absl::string_view(text.data, text.size);
}
// "" for NULL.
inline absl::string_view OrEmpty(const char* text) {
  return text == nullptr ? absl::string_view() : absl::string_view(text);
}

}  // namespace picklebox::cabi

#endif  // PICKLEBOX_CABI_HANDLES_H_
