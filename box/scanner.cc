#include "picklebox/scanner.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/text.h"
#include "box/examination.h"
#include "box/file_names.h"
#include "box/reply.h"
#include "box/request.h"
#include "policy/table.h"
#include "report/fingerprint.h"
#include "report/sha256.h"
#include "sandbox/broker.h"

namespace picklebox {
namespace {

using sandbox::Ending;

// Inputs up to this are copied to the worker; of larger ones it gets the
// descriptor.
constexpr uint64_t kCopied = 64 << 10;
// What is hashed at a time.
constexpr size_t kHashed = 256 << 10;
// Room for the result, which costs nothing until it is written to: a graph is
// rarely larger than its opcodes and never more than some times. What is in an
// archive may be many times its size.
constexpr uint64_t kResultPerByte = 8;
constexpr uint64_t kResultAtLeast = 1 << 30;
// The same for each pickle of at least two bytes, and for a listing of opcodes.
constexpr uint64_t kResultPerPickle = 64;
constexpr uint64_t kListingPerByte = 128;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// Reads a part of a file; false when it is shorter or cannot be read.
bool ReadPart(int fd, uint64_t offset, absl::Span<uint8_t> to) {
  size_t done = 0;
  while (done < to.size()) {
    const ssize_t got = pread(fd, to.data() + done, to.size() - done,
                              static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    done += static_cast<size_t>(got);
  }
  return true;
}

// How the parent reads the input of a job: what is copied, a file, or whatever
// the caller has. The job must outlive it.
Scanner::ReadAt ReaderOf(const sandbox::Job& job) {
  if (job.read) return job.read;
  return [&job](uint64_t offset, absl::Span<uint8_t> to) {
    if (job.input_fd >= 0) return ReadPart(job.input_fd, offset, to);
    const bool there =
        offset <= job.input.size() && to.size() <= job.input.size() - offset;
    if (there && !to.empty())
      memcpy(to.data(), job.input.data() + offset, to.size());
    return there;
  };
}

absl::string_view FileKind(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a named pipe";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "no regular file";
}

bool Unchanged(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec &&
         a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

std::string Describe(absl::string_view what, int error) {
  return absl::StrCat(what, ": ", strerror(error));
}

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
                    WithFile(path, report, use);
                  });
  }

  Scan ScanDescriptor(int fd, const std::string& name) override {
    return Vetted(name, box::NamesPickle(name),
                  [fd, this](FileReport* report, const auto& use) {
                    WithDescriptor(fd, report, use);
                  });
  }

  Scan ScanBytes(absl::Span<const uint8_t> bytes,
                 const std::string& name) override {
    return Vetted(name, true,
                  [bytes, this](FileReport* report, const auto& use) {
                    WithBytes(bytes, report, use);
                  });
  }

  Scan ScanSource(uint64_t size, const ReadAt& read,
                  const std::string& name) override {
    return Vetted(name, box::NamesPickle(name),
                  [&](FileReport* report, const auto& use) {
                    WithSource(size, read, report, use);
                  });
  }

  absl::StatusOr<Content> ReadMember(int fd, const std::string& member,
                                     uint64_t offset,
                                     uint64_t length) override {
    return Fetched(member, offset, length,
                   [fd, this](FileReport* report, const auto& use) {
                     WithDescriptor(fd, report, use);
                   });
  }

  absl::StatusOr<Content> ReadMember(absl::Span<const uint8_t> bytes,
                                     const std::string& member, uint64_t offset,
                                     uint64_t length) override {
    return Fetched(member, offset, length,
                   [bytes, this](FileReport* report, const auto& use) {
                     WithBytes(bytes, report, use);
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
    WithFile(path, &report, [&](const sandbox::Job& input) {
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

  // `with` gives an input to what it is called with, as WithFile() and the like
  // do.
  template <typename With>
  Scan Vetted(const std::string& name, bool named_pickle, const With& with) {
    Scan scan;
    scan.report.path = name;
    with(&scan.report, [&](const sandbox::Job& input) {
      Vet(input, named_pickle, &scan);
      Identify(input, &scan.report);
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

  // Calls `use` with a job that has the file as its input; or adds a finding
  // that says why not.
  template <typename Use>
  void WithFile(const std::string& path, FileReport* report, Use use) {
    const Descriptor file(
        open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (file.get() < 0) {
      return box::AddFinding(Code::kInputUnreadable,
                             Describe("cannot open", errno), report);
    }
    WithDescriptor(file.get(), report, use);
  }

  template <typename Use>
  void WithDescriptor(int fd, FileReport* report, Use use) {
    struct stat before;
    if (fstat(fd, &before) != 0) {
      return box::AddFinding(Code::kInputUnreadable,
                             Describe("cannot stat", errno), report);
    }
    if (!S_ISREG(before.st_mode)) {
      return box::AddFinding(Code::kInputUnreadable,
                             absl::StrCat("it is ", FileKind(before.st_mode)),
                             report);
    }
    report->size = static_cast<uint64_t>(before.st_size);
    if (!Admit(report)) return;
    sandbox::Job job = NewJob(report->size);
    std::vector<uint8_t> copy;
    if (report->size <= kCopied) {
      copy.resize(report->size);
      if (!ReadPart(fd, 0, absl::MakeSpan(copy))) {
        return box::AddFinding(Code::kInputChanged, "cannot read all of it",
                               report);
      }
      job.input = copy;
    } else {
      job.input_fd = fd;
    }
    use(job);
    struct stat after;
    if (fstat(fd, &after) != 0 || !Unchanged(before, after)) {
      box::AddFinding(Code::kInputChanged, "it changed while it was read",
                      report);
    }
  }

  template <typename Use>
  void WithBytes(absl::Span<const uint8_t> bytes, FileReport* report, Use use) {
    report->size = bytes.size();
    if (!Admit(report)) return;
    sandbox::Job job = NewJob(bytes.size());
    if (bytes.size() <= kCopied) {
      job.input = bytes;
      return use(job);
    }
    const Descriptor memory(
        memfd_create("picklebox-input", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (memory.get() < 0) {
      return box::AddFinding(Code::kScanFailed,
                             Describe("cannot make a memfd", errno), report);
    }
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t put =
          write(memory.get(), bytes.data() + done, bytes.size() - done);
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) {
        return box::AddFinding(Code::kScanFailed,
                               Describe("cannot copy it", errno), report);
      }
      done += static_cast<size_t>(put);
    }
    fcntl(memory.get(), F_ADD_SEALS,
          F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
    job.input_fd = memory.get();
    use(job);
  }

  template <typename Use>
  void WithSource(uint64_t size, const ReadAt& read, FileReport* report,
                  Use use) {
    report->size = size;
    if (!Admit(report)) return;
    sandbox::Job job = NewJob(size);
    std::vector<uint8_t> copy;
    if (size > kCopied) {
      job.read = read;
      return use(job);
    }
    copy.resize(size);
    if (size > 0 && !read(0, absl::MakeSpan(copy))) {
      return box::AddFinding(Code::kInputChanged, "cannot read all of it",
                             report);
    }
    job.input = copy;
    use(job);
  }

  // Hashes an input in which something was found, unless that means to fetch
  // more of a source than is here.
  void Identify(const sandbox::Job& input, FileReport* report) const {
    if (!options_.fingerprints || report->findings.empty()) return;
    report::Sha256 hash;
    if (input.input_fd < 0) {
      if (input.input.size() != input.input_size) return;  // it is not here
      hash.Update({reinterpret_cast<const char*>(input.input.data()),
                   input.input.size()});
      report->sha256 = hash.HexDigest();
      return;
    }
    std::vector<uint8_t> piece(kHashed);
    for (uint64_t done = 0; done < input.input_size;) {
      const ssize_t got = pread(input.input_fd, piece.data(), piece.size(),
                                static_cast<off_t>(done));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return;  // that it changed is said by the caller
      hash.Update({reinterpret_cast<const char*>(piece.data()),
                   static_cast<size_t>(got)});
      done += static_cast<uint64_t>(got);
    }
    report->sha256 = hash.HexDigest();
  }

  bool Admit(FileReport* report) const {
    if (report->size <= options_.limits.input) return true;
    box::AddFinding(Code::kLimitInput,
                    absl::StrCat(report->size, " bytes, and the limit is ",
                                 options_.limits.input),
                    report);
    return false;
  }

  sandbox::Job NewJob(uint64_t size) const {
    const Limits& limits = options_.limits;
    sandbox::Job job;
    job.input_size = size;
    job.budget.memory = limits.memory;
    job.budget.wall = absl::Seconds(static_cast<int64_t>(limits.time));
    job.budget.cpu = job.budget.wall;
    job.budget.result =
        ResultOf(size * kResultPerByte +
                 std::min(size / 2, limits.streams) * kResultPerPickle);
    return job;
  }

  uint64_t ResultOf(uint64_t expected) const {
    return std::max<uint64_t>(
        std::min(options_.limits.result, expected + kResultAtLeast),
        box::kSmallestReply);
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
          answer.read = ReaderOf(job);
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
    job.budget.result = ResultOf(job.input_size * kListingPerByte);
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
