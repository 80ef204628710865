#include "picklebox/scanner.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/text.h"
#include "box/examination.h"
#include "box/file_names.h"
#include "box/input.h"
#include "box/reply.h"
#include "box/request.h"
#include "policy/table.h"
#include "report/fingerprint.h"
#include "sandbox/broker.h"

namespace picklebox {
namespace {

using sandbox::Ending;

// Room for a listing of opcodes.
constexpr uint64_t kListingPerByte = 128;

Code CodeOf(Ending ending) {
  switch (ending) {
    case Ending::kOutOfMemory:
      return Code::kLimitMemory;
    case Ending::kWallTime:
    case Ending::kCpuTime:
      return Code::kLimitTime;
    case Ending::kViolation:
      return Code::kWorkerViolation;
    case Ending::kKilled:
      return Code::kWorkerKilled;
    case Ending::kBadResult:
      return Code::kResultRejected;
    case Ending::kDone:
    case Ending::kCrash:
    case Ending::kStackOverflow:
    case Ending::kExit:
      return Code::kWorkerCrashed;
  }
  return Code::kWorkerCrashed;
}

// Beside the running program, or where `make install` puts it.
std::string FindWorker() {
  std::array<char, 4096> buffer;
  const ssize_t size = readlink("/proc/self/exe", buffer.data(), buffer.size());
  const std::string self(buffer.data(),
                         static_cast<size_t>(std::max<ssize_t>(size, 0)));
  const std::string folder = self.substr(0, self.find_last_of('/') + 1);
  for (const absl::string_view place :
       {"picklebox-worker", "../libexec/picklebox/picklebox-worker"}) {
    std::string path = absl::StrCat(folder, place);
    if (access(path.c_str(), X_OK) == 0) return path;
  }
  return PICKLEBOX_WORKER_INSTALLED;
}

class BrokeredScanner final : public Scanner {
 public:
  BrokeredScanner(ScannerOptions options,
                  std::vector<policy::PolicyTable> tables,
                  std::unique_ptr<sandbox::Broker> broker)
      : options_(std::move(options)),
        tables_(std::move(tables)),
        broker_(std::move(broker)) {}

  Scan ScanFile(const std::string& path) override {
    return Vetted(path, box::NamesPickle(path),
                  [&](FileReport* report, const auto& use) {
                    inputs_.File(path, report, use);
                  });
  }

  Scan ScanDescriptor(int fd, const std::string& name) override {
    return Vetted(name, box::NamesPickle(name),
                  [fd, this](FileReport* report, const auto& use) {
                    inputs_.Descriptor(fd, report, use);
                  });
  }

  Scan ScanBytes(absl::Span<const uint8_t> bytes,
                 const std::string& name) override {
    return Vetted(name, true,
                  [bytes, this](FileReport* report, const auto& use) {
                    inputs_.Bytes(bytes, report, use);
                  });
  }

  Scan ScanSource(uint64_t size, const ReadAt& read,
                  const std::string& name) override {
    return Vetted(name, box::NamesPickle(name),
                  [&](FileReport* report, const auto& use) {
                    inputs_.Source(size, read, report, use);
                  });
  }

  absl::StatusOr<Content> ReadMember(int fd, const std::string& member,
                                     uint64_t offset,
                                     uint64_t length) override {
    return Fetched(member, offset, length,
                   [fd, this](FileReport* report, const auto& use) {
                     inputs_.Descriptor(fd, report, use);
                   });
  }

  absl::StatusOr<Content> ReadMember(absl::Span<const uint8_t> bytes,
                                     const std::string& member, uint64_t offset,
                                     uint64_t length) override {
    return Fetched(member, offset, length,
                   [bytes, this](FileReport* report, const auto& use) {
                     inputs_.Bytes(bytes, report, use);
                   });
  }

  absl::Status Disassemble(
      const std::string& path, const std::string& member,
      const std::function<void(absl::string_view)>& sink) override {
    return ListFile(box::Task::kDisassemble, path, member, sink);
  }

  absl::Status DisassembleCode(
      const std::string& path, const std::string& member,
      const std::function<void(absl::string_view)>& sink) override {
    return ListFile(box::Task::kListCode, path, member, sink);
  }

  std::vector<Protection> Protections() override {
    std::vector<Protection> protections;
    for (const sandbox::Capability& capability : broker_->capabilities()) {
      protections.push_back({std::string(capability.name), capability.required,
                             capability.on, capability.explanation});
    }
    return protections;
  }

 private:
  absl::Status ListFile(box::Task task, const std::string& path,
                        const std::string& member,
                        const std::function<void(absl::string_view)>& sink) {
    FileReport report;
    report.path = path;
    absl::Status status;
    inputs_.File(path, &report, [&](const sandbox::Job& input) {
      status = List(task, input, member, sink);
    });
    if (absl::IsNotFound(status))
      return absl::NotFoundError(absl::StrCat(path, ": ", status.message()));
    if (status.ok() && !report.findings.empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, ": ", report.findings[0].message));
    }
    return status;
  }

  // `with` gives an input to what it is called with, as Inputs does.
  template <typename With>
  Scan Vetted(const std::string& name, bool named_pickle, const With& with) {
    Scan scan;
    scan.report.path = name;
    with(&scan.report, [&](const sandbox::Job& input) {
      Vet(input, named_pickle, &scan);
      if (options_.fingerprints && !scan.report.findings.empty())
        scan.report.sha256 = box::HashOf(input);
    });
    box::DrawVerdict(&scan.report);
    report::SetFingerprints(&scan.report);
    return scan;
  }

  template <typename With>
  absl::StatusOr<Content> Fetched(const std::string& member, uint64_t offset,
                                  uint64_t length, const With& with) {
    FileReport report;
    absl::StatusOr<Content> content = absl::UnknownError("");
    with(&report, [&](const sandbox::Job& input) {
      content = Read(input, member, offset, length);
    });
    if (!report.findings.empty())
      return absl::AbortedError(report.findings[0].message);
    return content;
  }

  // Runs `job` and gives its result to `use`, or adds a finding.
  template <typename Use>
  void Run(sandbox::Job job, const box::Request& request, FileReport* report,
           Use use) {
    const std::vector<uint8_t> question = box::Encode(request);
    job.request = question;
    absl::StatusOr<sandbox::Sealed> sealed = broker_->Run(job);
    if (!sealed.ok()) {
      return box::AddFinding(Code::kScanFailed,
                             std::string(sealed.status().message()), report);
    }
    if (!sealed->done()) {
      return box::AddFinding(CodeOf(sealed->ending()), sealed->detail(),
                             report);
    }
    use(std::make_shared<const sandbox::Sealed>(*std::move(sealed)));
  }

  box::Request NewRequest(box::Task task, bool named_pickle) const {
    box::Request request;
    request.task = task;
    request.named_pickle = named_pickle;
    request.read = options_.read;
    request.limits = options_.limits;
    return request;
  }

  void Vet(const sandbox::Job& job, bool named_pickle, Scan* scan) {
    box::Request request = NewRequest(box::Task::kScan, named_pickle);
    const std::optional<size_t> part =
        options_.policy.OverrideFor(scan->report.path);
    request.policy = part ? *part + 1 : 0;
    Run(job, request, &scan->report,
        [&](const std::shared_ptr<const sandbox::Sealed>& sealed) {
          box::Answer answer;
          answer.bytes = sealed->bytes();
          answer.owner = sealed;
          answer.input_size = scan->report.size;
          answer.read = box::ReaderOf(job);
          box::Examine(answer, tables_[request.policy], options_.read,
                       options_.limits, scan);
        });
  }

  absl::StatusOr<Content> Read(sandbox::Job job, const std::string& member,
                               uint64_t offset, uint64_t length) {
    if (length > options_.limits.result) {
      return absl::AbortedError(
          absl::StrCat(length, " bytes, and the limit is ",
                       options_.limits.result, " (result)"));
    }
    FileReport report;
    absl::StatusOr<Content> content =
        absl::AbortedError("the worker did not answer");
    job.budget.result = length + box::kSmallestReply;
    box::Request request = NewRequest(box::Task::kRead, true);
    request.member = member;
    request.offset = offset;
    request.length = length;
    Run(job, request, &report,
        [&](const std::shared_ptr<const sandbox::Sealed>& sealed) {
          const absl::StatusOr<box::Reply> reply = box::ReadReply(
              sealed->bytes(), 0,
              options_.limits.findings + box::kFindingsAboutFindings,
              options_.limits.members);
          if (!reply.ok()) {
            content = reply.status();
          } else if (!reply->findings.empty()) {
            const Finding& finding = reply->findings[0];
            content = finding.code == Code::kInputUnreadable
                          ? absl::NotFoundError(finding.message)
                          : absl::AbortedError(finding.message);
          } else if (reply->content.size() == length) {
            content = Content{reply->content, sealed};
          }
        });
    if (!report.findings.empty())
      return absl::AbortedError(report.findings[0].message);
    return content;
  }

  absl::Status List(box::Task task, sandbox::Job job, const std::string& member,
                    const std::function<void(absl::string_view)>& sink) {
    FileReport report;
    absl::Status status;
    job.budget.result =
        box::ResultBudget(options_.limits, job.input_size * kListingPerByte);
    box::Request request = NewRequest(task, true);
    request.member = member;
    Run(job, request, &report,
        [&](const std::shared_ptr<const sandbox::Sealed>& sealed) {
          const absl::StatusOr<box::Reply> reply = box::ReadReply(
              sealed->bytes(),
              task == box::Task::kListCode ? options_.limits.streams : 0,
              options_.limits.findings + box::kFindingsAboutFindings,
              options_.limits.members);
          if (!reply.ok()) {
            status = reply.status();
            return;
          }
          // Of code, what was found on the way there comes before it.
          for (const Finding& finding : reply->findings) {
            if (!reply->text.empty()) break;
            if (finding.code == Code::kInputUnreadable) {
              status = absl::NotFoundError(finding.message);
              return;
            }
            if (task != box::Task::kListCode) break;
          }
          for (const absl::string_view text : reply->text) sink(text);
          for (const Finding& finding : reply->findings) {
            // Of code, only that not all of it could be read.
            if (task == box::Task::kListCode &&
                Info(finding.code).effect != Effect::kIncomplete) {
              continue;
            }
            sink(absl::StrCat(finding.offset, ": ", Info(finding.code).name,
                              ": ", base::EscapeAscii(finding.message), "\n"));
          }
        });
    if (!report.findings.empty())
      return absl::AbortedError(report.findings[0].message);
    return status;
  }

  const ScannerOptions options_;
  const box::Inputs inputs_{options_.limits};
  // The policy, and behind it its overrides.
  const std::vector<policy::PolicyTable> tables_;
  const std::unique_ptr<sandbox::Broker> broker_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Scanner>> Scanner::Create(
    ScannerOptions options) {
  std::vector<policy::PolicyTable> tables;
  std::vector<uint8_t> blocks;
  const auto add = [&](const Policy& policy) {
    absl::StatusOr<policy::PolicyTable> table =
        policy::PolicyTable::Open(policy.compiled());
    if (!table.ok()) return table.status();
    tables.push_back(*table);
    blocks.insert(blocks.end(), policy.compiled().begin(),
                  policy.compiled().end());
    return absl::OkStatus();
  };
  absl::Status status = add(options.policy);
  for (const PolicyOverride& part : options.policy.overrides())
    status.Update(add(part.policy));
  if (!status.ok()) return status;
  sandbox::Broker::Options jail;
  jail.worker_path =
      options.worker_path.empty() ? FindWorker() : options.worker_path;
  jail.slots = options.slots;
  jail.shared = blocks;
  absl::StatusOr<std::unique_ptr<sandbox::Broker>> broker =
      sandbox::Broker::Start(jail);
  if (!broker.ok()) return broker.status();
  return std::make_unique<BrokeredScanner>(
      std::move(options), std::move(tables), *std::move(broker));
}

}  // namespace picklebox
