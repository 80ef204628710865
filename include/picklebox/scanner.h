// The scanner: opens untrusted pickles in the sandbox.
//
//   absl::StatusOr<std::unique_ptr<Scanner>> scanner = Scanner::Create({});
//   if (!scanner.ok()) return scanner.status();      // no sandbox, no scan
//   Scan scan = (*scanner)->ScanFile("model.pkl");
//   if (scan.report.verdict == Verdict::kClean) Use(scan.graphs[0]);
//
// The scanner runs workers as child processes and keeps a few ready; they end
// with it, and with the process. Each file gets a fresh worker. Nothing that a
// file holds is parsed in this process: what a worker returns is verified and
// judged again here.
//
// Threads: every method may be called from any number of threads; a scan blocks
// its caller. Lifetime: a Scan is independent of its Scanner.
#ifndef PICKLEBOX_SCANNER_H_
#define PICKLEBOX_SCANNER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "picklebox/embedded_code.h"
#include "picklebox/graph.h"
#include "picklebox/limits.h"
#include "picklebox/policy.h"
#include "picklebox/report.h"

namespace picklebox {

// How a pickle is read. The defaults are those of pickle.load.
struct ReadOptions {
  // False: what two unpicklers read differently is reported as `ambiguous`,
  // which denies. True: read as CPython's C unpickler does and say nothing,
  // except where it contradicts itself or is unsafe.
  bool compat = false;
  bool fix_imports = true;
  // For Python 2 strings: "ASCII", "latin1", "utf-8", "bytes" and a few more.
  std::string encoding = "ASCII";
  std::string errors = "strict";
  // Out-of-band buffers that the loader would be given.
  uint64_t buffers = 0;
  // The loader would resolve persistent ids.
  bool persistent_ids = false;
  // The minor version of the Python 3 that loads the file, and runs what code
  // in it the policy allows: code of another version is denied. 0: it is not
  // loaded.
  uint32_t python = 0;
  // copyreg extension codes that are registered where the file is loaded:
  // code -> "module:qualname".
  std::map<uint32_t, std::string> extensions;
};

struct ScannerOptions {
  Policy policy = Policy::Default();
  Limits limits;  // what the policy says, unless changed by the caller
  ReadOptions read;
  int slots = 0;            // workers side by side; 0: one a core
  std::string worker_path;  // empty: beside this program, or as installed
  // Findings get fingerprints. For a file with findings this takes reading all
  // of it once.
  bool fingerprints = false;
};

// The outcome of one file. It always holds a report.
struct Scan {
  FileReport report;
  // One a stream of the report, in the same order.
  std::vector<Graph> graphs;
  // The code that its pickles carry, outer before inner.
  std::vector<EmbeddedCode> code;
};

// Bytes of a file or of a member of it.
struct Content {
  absl::Span<const uint8_t> bytes;
  std::shared_ptr<const void> owner;  // keeps `bytes` alive and as they are
};

// One protection of the sandbox, for `picklebox doctor`.
struct Protection {
  std::string name;
  bool required = false;
  bool on = false;
  std::string explanation;
};

class Scanner {
 public:
  // FailedPrecondition when this host cannot confine a worker; the message says
  // what is missing. NotFound when there is no worker program.
  static absl::StatusOr<std::unique_ptr<Scanner>> Create(
      ScannerOptions options);
  virtual ~Scanner() = default;

  // A file that cannot be opened, or that is no regular file, gives a report
  // that says so.
  virtual Scan ScanFile(const std::string& path) = 0;
  // An open file. It is read from its beginning, wherever its offset is, and is
  // not closed. `name` is the path in the report.
  virtual Scan ScanDescriptor(int fd, const std::string& name) = 0;
  virtual Scan ScanBytes(absl::Span<const uint8_t> bytes,
                         const std::string& name) = 0;

  // Bytes that are read piece by piece, such as an object in a store. Only what
  // is needed is asked for: of an archive its directory, and the pickles in it.
  using ReadAt = std::function<bool(uint64_t offset, absl::Span<uint8_t> to)>;
  // `read` fills `to` from `offset`, both within `size`; false if it cannot,
  // which ends the scan as `input-changed`. It is called by the calling thread,
  // many times, and its time counts against limits.time. `name` is the path in
  // the report.
  virtual Scan ScanSource(uint64_t size, const ReadAt& read,
                          const std::string& name) = 0;

  // `length` bytes from `offset` on of a member, whose path is as reports have
  // it, or of the file itself if that is empty; unpacked in a worker, for the
  // extents of a graph. On a boundary of 64 bytes in memory.
  // NotFound: it has no such bytes. Aborted: a limit, or a worker that failed.
  virtual absl::StatusOr<Content> ReadMember(int fd, const std::string& member,
                                             uint64_t offset,
                                             uint64_t length) = 0;
  virtual absl::StatusOr<Content> ReadMember(absl::Span<const uint8_t> bytes,
                                             const std::string& member,
                                             uint64_t offset,
                                             uint64_t length) = 0;

  // An annotated listing of the opcodes, as lines of printable ASCII, made in a
  // worker. `member` is the path of a member within the file, as reports have
  // it, or empty. `sink` is called with one or more whole lines at a time.
  virtual absl::Status Disassemble(
      const std::string& path, const std::string& member,
      const std::function<void(absl::string_view)>& sink) = 0;

  // The instructions of all code that the file carries, as Python's dis prints
  // them; of that member only, unless `member` is empty. As Disassemble.
  virtual absl::Status DisassembleCode(
      const std::string& path, const std::string& member,
      const std::function<void(absl::string_view)>& sink) = 0;

  // What protects the workers on this host.
  virtual std::vector<Protection> Protections() = 0;
};

}  // namespace picklebox

#endif  // PICKLEBOX_SCANNER_H_
