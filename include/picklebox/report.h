// What a scan says about one file. Plain values; any thread.
#ifndef PICKLEBOX_REPORT_H_
#define PICKLEBOX_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "picklebox/finding.h"
#include "picklebox/verdict.h"

namespace picklebox {

// How a global is used. A set of these is a sum of bits.
enum Use : uint8_t {
  kReference = 1,  // it stands in the graph
  kCall = 2,       // REDUCE; OBJ and INST with arguments
  kNew = 4,        // NEWOBJ, NEWOBJ_EX, OBJ, INST
  kBuild = 8,      // state is set on what it made
  kExtend = 16,    // items are added to what it made
};
using Uses = uint8_t;

// "reference", "call", ... in the order of the bits.
std::vector<absl::string_view> UseNames(Uses uses);

// One global of a file with all its uses, in order of first appearance.
struct GlobalReport {
  std::string
      module;  // as the policy sees it: Python 3 names, aliases resolved
  std::string qualname;
  std::string raw_module;  // as the file spells it
  std::string raw_qualname;
  Uses uses = 0;
  Uses denied = 0;   // the part of `uses` that the policy does not allow
  Uses granted = 0;  // what the rule for it allows, used or not
  bool allowed() const { return denied == 0; }
  // What else the rule for it says, as lines of a policy: "hash = true".
  std::vector<std::string> rule_lines = {};
  std::string reason;         // why, in words
  std::string policy_origin;  // "core.toml:12", or empty when no rule matched
  std::string member;
  uint64_t offset = 0;  // of the opcode that first resolved it
  uint64_t count = 0;   // how often it is used
};

// One pickle of a file.
struct StreamReport {
  std::string member;
  uint64_t begin = 0;
  uint64_t end = 0;       // behind STOP, or where reading ended
  bool complete = false;  // STOP was reached
  int protocol = 0;       // the highest PROTO seen
  uint64_t opcodes = 0;
  uint64_t nodes = 0;
  uint64_t graph_bytes = 0;  // size of its graph
  Verdict verdict = Verdict::kIncomplete;
};

// Something within a file: a member of an archive, the content of compressed
// data, the bytes of an array's file.
struct MemberReport {
  std::string path;   // within the file: "a.zip!b/c.pkl"
  uint64_t size = 0;  // when it is unpacked
  // In the file, if its bytes lie there as they are: neither compressed nor in
  // something that is.
  std::optional<uint64_t> offset;
  std::string packing;  // "stored", "deflate", "gzip", ...
  std::string format;   // "pickle", "text", ...; empty: it was not looked into
  // Of the member and of all that is in it.
  Verdict verdict = Verdict::kUnsupported;
};

struct FileReport {
  std::string path;
  uint64_t size = 0;
  Verdict verdict = Verdict::kUnsupported;
  std::string format;  // "pickle", or the name of what was recognised
  // Of the whole content, in hexadecimal; empty unless a finding was to have a
  // fingerprint.
  std::string sha256 = {};
  // In the order of the archive; what is in a member stands behind it.
  std::vector<MemberReport> members;
  std::vector<StreamReport> streams;
  std::vector<GlobalReport> globals;
  std::vector<Finding> findings;
};

// How many findings of a file have that standing.
uint64_t CountFindings(const FileReport& file, Standing standing);
// The file is incomplete, and somebody has answered for each finding that makes
// it so. It stays incomplete, but does not count for the exit status.
bool IsExcused(const FileReport& file);

// What a run adds up to.
struct Summary {
  uint64_t files = 0;
  uint64_t clean = 0;
  uint64_t denied = 0;
  uint64_t incomplete = 0;
  uint64_t unsupported = 0;
  uint64_t bytes = 0;
  double seconds = 0;
  uint64_t accepted = 0;  // findings, as in Standing
  uint64_t known = 0;
  uint64_t excused = 0;   // of the incomplete files, see IsExcused
  uint64_t excluded = 0;  // files that were not looked at, as asked

  void Add(const FileReport& file);
  // Denied wins over incomplete; kExitNothing when nothing was clean, denied or
  // incomplete. What is excused counts as neither.
  ExitStatus exit_status() const;
};

}  // namespace picklebox

#endif  // PICKLEBOX_REPORT_H_
