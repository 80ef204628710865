#include "picklebox/scanner.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "cabi/handles.h"
#include "picklebox.h"

using picklebox::ReadOptions;
using picklebox::Scanner;
using picklebox::ScannerOptions;
using picklebox::cabi::Guarded;
using picklebox::cabi::OrEmpty;
using picklebox::cabi::Report;
using picklebox::cabi::View;

namespace {

absl::Status SetFlag(absl::string_view name, absl::string_view value,
                     bool* to) {
  *to = value == "true";
  if (*to || value == "false") return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is \"true\" or \"false\", not \"", value, "\""));
}

template <typename T>
absl::Status SetNumber(absl::string_view name, absl::string_view value, T* to) {
  if (absl::SimpleAtoi(value, to)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is a number, not \"", value, "\""));
}

absl::Status Set(picklebox_options* options, absl::string_view name,
                 absl::string_view value) {
  ReadOptions& read = options->options.read;
  if (name == "compat") return SetFlag(name, value, &read.compat);
  if (name == "fix_imports") return SetFlag(name, value, &read.fix_imports);
  if (name == "persistent_ids")
    return SetFlag(name, value, &read.persistent_ids);
  if (name == "python") return SetNumber(name, value, &read.python);
  if (name == "buffers") return SetNumber(name, value, &read.buffers);
  if (name == "slots") return SetNumber(name, value, &options->options.slots);
  if (name == "encoding") {
    read.encoding = std::string(value);
  } else if (name == "errors") {
    read.errors = std::string(value);
  } else if (name == "worker") {
    options->options.worker_path = std::string(value);
  } else if (absl::ConsumePrefix(&name, "limit.")) {
    picklebox::Limits limits;
    absl::Status status = limits.Set(name, value);
    if (!status.ok()) return status;
    options->limits.emplace_back(name, value);
  } else {
    return absl::InvalidArgumentError(
        absl::StrCat("no option is called \"", name, "\""));
  }
  return absl::OkStatus();
}

picklebox_content* Handle(absl::StatusOr<picklebox::Content> content,
                          picklebox_error** error) {
  if (content.ok()) return new picklebox_content{*std::move(content)};
  Report(content.status(), error);
  return nullptr;
}

}  // namespace

picklebox_options* picklebox_options_new(void) {
  return Guarded<picklebox_options*>(nullptr, nullptr,
                                     [] { return new picklebox_options(); });
}

void picklebox_options_free(picklebox_options* options) { delete options; }

int picklebox_options_set(picklebox_options* options, const char* name,
                          const char* value, picklebox_error** error) {
  return Guarded(0, error, [&] {
    const absl::Status status = Set(options, OrEmpty(name), OrEmpty(value));
    if (status.ok()) return 1;
    Report(status, error);
    return 0;
  });
}

int picklebox_options_extension(picklebox_options* options, uint32_t code,
                                const char* global) {
  return Guarded(0, nullptr, [&] {
    options->options.read.extensions[code] = std::string(OrEmpty(global));
    return 1;
  });
}

picklebox_scanner* picklebox_scanner_new(const picklebox_policy* policy,
                                         const picklebox_options* options,
                                         picklebox_error** error) {
  return Guarded<picklebox_scanner*>(
      nullptr, error, [&]() -> picklebox_scanner* {
        ScannerOptions wanted;
        if (options != nullptr) wanted = options->options;
        if (policy != nullptr) wanted.policy = policy->policy;
        wanted.limits = wanted.policy.limits();
        if (options != nullptr) {
          for (const auto& [name, value] : options->limits) {
            const absl::Status status = wanted.limits.Set(name, value);
            if (!status.ok()) {
              Report(status, error);
              return nullptr;
            }
          }
        }
        absl::StatusOr<std::unique_ptr<Scanner>> scanner =
            Scanner::Create(std::move(wanted));
        if (scanner.ok()) return new picklebox_scanner{*std::move(scanner)};
        Report(scanner.status(), error);
        return nullptr;
      });
}

void picklebox_scanner_free(picklebox_scanner* scanner) { delete scanner; }

picklebox_scan* picklebox_scan_file(picklebox_scanner* scanner,
                                    const char* path) {
  return Guarded<picklebox_scan*>(nullptr, nullptr, [&] {
    return new picklebox_scan{
        scanner->scanner->ScanFile(std::string(OrEmpty(path)))};
  });
}

picklebox_scan* picklebox_scan_descriptor(picklebox_scanner* scanner, int fd,
                                          const char* name) {
  return Guarded<picklebox_scan*>(nullptr, nullptr, [&] {
    return new picklebox_scan{
        scanner->scanner->ScanDescriptor(fd, std::string(OrEmpty(name)))};
  });
}

picklebox_scan* picklebox_scan_bytes(picklebox_scanner* scanner,
                                     const void* data, size_t size,
                                     const char* name) {
  return Guarded<picklebox_scan*>(nullptr, nullptr, [&] {
    return new picklebox_scan{scanner->scanner->ScanBytes(
        absl::MakeSpan(static_cast<const uint8_t*>(data), size),
        std::string(OrEmpty(name)))};
  });
}

picklebox_scan* picklebox_scan_source(picklebox_scanner* scanner, uint64_t size,
                                      picklebox_read_at read, void* context,
                                      const char* name) {
  return Guarded<picklebox_scan*>(nullptr, nullptr, [&] {
    const Scanner::ReadAt read_at = [read, context](uint64_t offset,
                                                    absl::Span<uint8_t> to) {
      return read(context, offset, to.data(), to.size()) != 0;
    };
    return new picklebox_scan{scanner->scanner->ScanSource(
        size, read_at, std::string(OrEmpty(name)))};
  });
}

void picklebox_scan_free(picklebox_scan* scan) { delete scan; }

picklebox_content* picklebox_read_descriptor(picklebox_scanner* scanner, int fd,
                                             picklebox_string member,
                                             uint64_t offset, uint64_t length,
                                             picklebox_error** error) {
  return Guarded<picklebox_content*>(nullptr, error, [&] {
    return Handle(scanner->scanner->ReadMember(fd, std::string(View(member)),
                                               offset, length),
                  error);
  });
}

picklebox_content* picklebox_read_bytes(picklebox_scanner* scanner,
                                        const void* data, size_t size,
                                        picklebox_string member,
                                        uint64_t offset, uint64_t length,
                                        picklebox_error** error) {
  return Guarded<picklebox_content*>(nullptr, error, [&] {
    return Handle(scanner->scanner->ReadMember(
                      absl::MakeSpan(static_cast<const uint8_t*>(data), size),
                      std::string(View(member)), offset, length),
                  error);
  });
}

const void* picklebox_content_data(const picklebox_content* content) {
  return content->content.bytes.data();
}
size_t picklebox_content_size(const picklebox_content* content) {
  return content->content.bytes.size();
}
void picklebox_content_free(picklebox_content* content) { delete content; }
