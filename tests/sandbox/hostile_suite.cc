// Attacks the jail from inside and prints a table: what was tried, what must
// come of it, what came of it.
//
//   hostile_suite [--all]
//
// Real workers of a real broker do the attacks of attacks.h, each in a fresh
// process. Exit status 0 if every line is as expected, and if this process has
// the descriptors, the children and the memory that it had before. --all: every
// number with every set of arguments in every profile; otherwise these take
// turns: every native number is made once, of the others each third.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "sandbox/arch.h"
#include "sandbox/protocol.h"
#include "tests/sandbox/attacks.h"
#include "tests/sandbox/jail.h"

namespace picklebox::sandbox {
namespace {

constexpr const char* kProfileNames[] = {"compute", "read", "ask"};
constexpr int kLastNumber = 600;
constexpr const char* kForbidden = "forbidden system call";
constexpr const char* kButAllowed = "forbidden, but what is allowed";

constexpr int64_t kHigh = int64_t{1} << 32;
struct Arguments {
  const char* name;
  int64_t values[6];
};
constexpr Arguments kArguments[] = {
    {"zeros", {0, 0, 0, 0, 0, 0}},
    {"on its input", {3, kZeros, 1, 0, 0, 0}},
    {"high halves set", {kHigh | 3, kHigh | 129, -1, -1, -1, -1}},
    {"-1 and 129", {-1, 129, 1, -1, -1, -1}},
};
// Recent x86-64 kernels let these past every filter (docs/threat-model.md).
constexpr int64_t kUretprobe = 335, kUprobe = 336;

int failed = 0;
int printed = 0;

void Line(const std::string& attack, int tried, const std::string& expected,
          const std::string& seen, bool as_expected) {
  std::printf("%-52s %6d  %-34s %-42s %s\n", attack.c_str(), tried,
              expected.c_str(), seen.c_str(), as_expected ? "ok" : "WRONG");
  std::fflush(stdout);
  ++printed;
  failed += !as_expected;
}

// How many of what was tried ended how.
class Tally {
 public:
  void Add(std::string_view ending) { ++endings_[std::string(ending)]; }
  // The first of each kind of surprise is enough to look into.
  void Wrong(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }
  std::string Text() const {
    std::vector<std::string> parts;
    for (const auto& [ending, count] : endings_) {
      parts.push_back(absl::StrCat(count, " ", ending));
    }
    std::string text = absl::StrJoin(parts, ", ");
    if (!wrong_.empty()) absl::StrAppend(&text, "; ", wrong_);
    return text;
  }
  int tried() const {
    int sum = 0;
    for (const auto& [ending, count] : endings_) sum += count;
    return sum;
  }
  bool right() const { return wrong_.empty(); }

 private:
  std::map<std::string, int> endings_;
  std::string wrong_;
};

class Suite {
 public:
  explicit Suite(bool all) : all_(all) {
    input_fd_ = memfd_create("input", MFD_CLOEXEC);
    const std::string text(10'000, 'i');
    if (write(input_fd_, text.data(), text.size()) < 0) std::abort();
    Start();
  }
  ~Suite() { close(input_fd_); }

  void Misdeeds();
  void Calls();
  void Numbers();
  void Descriptors();
  void Answers();
  void Writers();

 private:
  void Start() {
    auto broker = Broker::Start(Hostile());
    if (!broker.ok()) {
      std::fprintf(stderr, "%s\n", broker.status().ToString().c_str());
      std::exit(2);
    }
    broker_ = *std::move(broker);
  }

  Job InProfile(std::string_view request, Profile profile) const {
    Job job = Deed(request);
    if (profile == Profile::kReadInput) job.input_fd = input_fd_;
    if (profile == Profile::kAskInput) {
      job.read = [](uint64_t, absl::Span<uint8_t> to) {
        std::memset(to.data(), 'i', to.size());
        return true;
      };
    }
    if (profile != Profile::kCompute) job.input_size = 10'000;
    return job;
  }

  // The ending, or the status as text; the broker must work on.
  std::string Run(const Job& job, Sealed* sealed = nullptr) {
    auto result = broker_->Run(job);
    if (!result.ok()) return absl::StatusCodeToString(result.status().code());
    const std::string ending(EndingName(result->ending()));
    if (sealed != nullptr) *sealed = *std::move(result);
    return ending;
  }

  std::string RunCall(const RawCall& call, Profile profile) {
    std::string request = "call ";
    request.append(reinterpret_cast<const char*>(&call), sizeof(call));
    Job job = InProfile(request, profile);
    job.budget.wall = absl::Milliseconds(300);
    return Run(job);
  }

  void OneNumber(const RawCall& call, Profile profile, Tally* tally);
  void Sweep(Entry entry, absl::Span<const Arguments> arguments,
             const std::string& name);

  const bool all_;
  int input_fd_;
  std::unique_ptr<Broker> broker_;
};

void Suite::Misdeeds() {
  for (const Misdeed& deed : kMisdeeds) {
    Tally tally;
    for (const Profile profile : kProfiles) {
      Job job = InProfile(deed.deed, profile);
      if (deed.ending == Ending::kWallTime) {
        job.budget.wall = absl::Milliseconds(300);
      }
      Sealed sealed;
      const std::string ending = Run(job, &sealed);
      tally.Add(ending);
      if (ending != EndingName(deed.ending) ||
          !absl::StrContains(sealed.detail(), deed.word) ||
          !sealed.bytes().empty()) {
        tally.Wrong(absl::StrCat(sealed.detail(), " (", sealed.bytes().size(),
                                 " bytes)"));
      }
      for (const char c : sealed.detail()) {
        if (c < ' ' || c > '~') tally.Wrong("unprintable");
      }
    }
    Line(deed.what, tally.tried(), std::string(EndingName(deed.ending)),
         tally.Text(), tally.right());
  }
}

void Suite::Calls() {
  for (const CallAttempt& attempt : kCallAttempts) {
    Tally tally;
    for (const Profile profile : kProfiles) {
      const std::string ending = RunCall(attempt.call, profile);
      tally.Add(ending);
      if (ending != kForbidden) tally.Wrong(ending);
    }
    Line(attempt.what, tally.tried(), kForbidden, tally.Text(), tally.right());
  }
}

// What docs/threat-model.md says is left to a worker, said once more.
std::string Allowed(const RawCall& call, Profile profile) {
  if (call.entry != Entry::kNative) return "";
  const bool is_input = call.arguments[0] == kInputFd;
  // The kernel looks at the lower half of the number.
  switch (static_cast<int32_t>(call.number)) {
    case SYS_exit_group:
      return call.arguments[0] == 0 ? "bad result" : "unexpected exit";
    case SYS_futex:
      return call.arguments[1] == 129 ? "done" : "";
    case SYS_pread64:
      return profile == Profile::kReadInput && is_input ? "done" : "";
    case SYS_write:
      return profile == Profile::kAskInput && is_input ? "done" : "";
    case SYS_read:
      // Nothing was asked for, so nothing comes.
      return profile == Profile::kAskInput && is_input ? "out of time" : "";
    default:
      return "";
  }
}

void Suite::OneNumber(const RawCall& call, Profile profile, Tally* tally) {
  const std::string ending = RunCall(call, profile);
  tally->Add(ending);
  const std::string allowed = Allowed(call, profile);
  const bool exempt = call.entry == Entry::kNative &&
                      (call.number == kUretprobe || call.number == kUprobe);
  const bool right =
      exempt ? ending == kForbidden || ending == "crash" || ending == "done"
             : ending == (allowed.empty() ? kForbidden : allowed);
  if (!right) tally->Wrong(absl::StrCat(call.number, ": ", ending));
}

// Of a number that some profile allows something of, nothing is left out.
bool Matters(int64_t number) {
  return number == SYS_read || number == SYS_write || number == SYS_pread64 ||
         number == SYS_futex || number == SYS_exit_group;
}

void Suite::Sweep(Entry entry, absl::Span<const Arguments> arguments,
                  const std::string& name) {
  Tally tally;
  for (int64_t number = 0; number <= kLastNumber; ++number) {
    if (!all_ && entry != Entry::kNative && number % 3 != 0) continue;
    size_t turn = 0;
    for (const Arguments& chosen : arguments) {
      for (const Profile profile : kProfiles) {
        const size_t its_turn = number * 5 / 3 % (3 * arguments.size());
        if (!all_ && !Matters(number) && its_turn != turn++) continue;
        RawCall call = {entry, number, {}};
        std::copy(chosen.values, chosen.values + 6, call.arguments);
        OneNumber(call, profile, &tally);
      }
    }
  }
  Line(absl::StrCat("every call, 0-600: ", name), tally.tried(),
       entry == Entry::kNative ? kButAllowed : kForbidden, tally.Text(),
       tally.right());
}

void Suite::Numbers() {
  if (all_) {
    for (const Arguments& chosen : kArguments) {
      Sweep(Entry::kNative, {&chosen, 1}, chosen.name);
    }
  } else {
    Sweep(Entry::kNative, kArguments, "arguments in turns");
  }
  Sweep(Entry::kX32, {&kArguments[1], 1}, "x32's entry");
  Sweep(Entry::kInt80, {&kArguments[1], 1}, "the 32-bit entry");
  Tally tally;
  for (int bit = 10; bit < 32; ++bit) {
    for (const int64_t low : {int64_t{SYS_exit_group}, int64_t{SYS_getpid}}) {
      OneNumber({Entry::kNative, (int64_t{1} << bit) | low, {}},
                Profile::kCompute, &tally);
    }
  }
  for (const int64_t number : {int64_t{-1}, int64_t{-2}, kHigh | SYS_getpid,
                               kHigh | SYS_exit_group, int64_t{1023}}) {
    OneNumber({Entry::kNative, number, {7}}, Profile::kCompute, &tally);
  }
  Line("numbers with one bit more, and far ones", tally.tried(), kButAllowed,
       tally.Text(), tally.right());
}

void Suite::Descriptors() {
  for (const Profile profile : kProfiles) {
    Tally tally;
    for (const int64_t number : kDescriptorCalls) {
      for (const int64_t fd : {3, 0, 4, -1, 1, 2, 5, 63, 1023}) {
        if (!all_ && fd != 0 && fd != 3 && fd != 4) continue;
        OneNumber(Native(number, fd, kZeros, 1, 0), profile, &tally);
      }
    }
    Line(absl::StrCat("calls on descriptors, profile ",
                      kProfileNames[static_cast<int>(profile)]),
         tally.tried(), kButAllowed, tally.Text(), tally.right());
  }
}

// What a worker says that nobody can forbid: it is one answer, whole.
void Suite::Answers() {
  Sealed sealed;
  std::string ending = Run(Deed("answer twice"), &sealed);
  Line("answers twice", 1, "done: the answer at its end",
       absl::StrCat(ending, ": ", Text(sealed)),
       ending == "done" && Text(sealed) == "other");
  ending = Run(Deed("echo", "next"), &sealed);
  Line("an honest worker after all that", 1, "done: next",
       absl::StrCat(ending, ": ", Text(sealed)),
       ending == "done" && Text(sealed) == "next");
}

// The descriptor of the job that is running, opened once more.
int OpenJobAgain() {
  for (const int fd : OpenFds()) {
    char target[64] = {};
    const std::string path = absl::StrCat("/proc/self/fd/", fd);
    if (readlink(path.c_str(), target, sizeof(target) - 1) > 0 &&
        absl::StrContains(target, "picklebox-job")) {
      return open(path.c_str(), O_RDWR | O_CLOEXEC);
    }
  }
  return -1;
}

// Somebody who still has the job's memory, which no worker can bring about: it
// is shut, or there is no result.
void Suite::Writers() {
  const auto during = [this](const auto& body, Sealed* sealed) {
    std::thread other([&body] {
      int fd = -1;
      for (int i = 0; i < 2000 && fd < 0; ++i) {
        fd = OpenJobAgain();
        absl::SleepFor(absl::Microseconds(100));
      }
      body(fd);
    });
    Job job = Deed("slowly", "result");
    const std::string ending = Run(job, sealed);
    other.join();
    return ending;
  };
  int kept = -1;
  void* mapping = MAP_FAILED;
  std::string ending = during(
      [&](int fd) {
        kept = fd;
        mapping =
            mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      },
      nullptr);
  Line("a result that somebody can still write", 1, "an error, no result",
       ending, mapping != MAP_FAILED && ending == "INTERNAL");
  if (mapping != MAP_FAILED) munmap(mapping, 4096);
  close(kept);

  Sealed sealed;
  ending = during([&](int fd) { kept = fd; }, &sealed);
  const bool refused = pwrite(kept, "changed!", 8, 0) < 0 && errno == EPERM &&
                       mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
                            kept, 0) == MAP_FAILED &&
                       ftruncate(kept, 0) < 0;
  Line("a result that changes while it is read", 1, "done: the kernel refuses",
       absl::StrCat(ending, refused ? ": the kernel refuses" : ": changed"),
       kept >= 0 && refused && Text(sealed) == "result");
  close(kept);
}

// In KiB.
long Resident() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (absl::StartsWith(line, "VmRSS:")) return std::stol(line.substr(6));
  }
  return -1;
}

int Main(bool all) {
  std::printf("%-52s %6s  %-34s %-42s\n", "attack", "tried", "expected",
              "seen");
  const std::set<int> fds = OpenFds();
  const size_t children = ChildrenOf(getpid()).size();
  long resident = 0;
  {
    Suite suite(all);
    suite.Answers();
    resident = Resident();
    suite.Misdeeds();
    suite.Calls();
    suite.Descriptors();
    suite.Numbers();
    suite.Writers();
    suite.Answers();
    const long grown = Resident() - resident;
    // A sanitizer keeps what was freed.
    Line("this process afterwards: memory", 1, "grown by less than 4 MiB",
         absl::StrCat("grown by ", grown, " KiB"),
         grown < (PICKLEBOX_SHADOWED ? 512 << 10 : 4 << 10));
  }
  const std::set<int> fds_now = OpenFds();
  Line("this process afterwards: descriptors", 1,
       absl::StrCat(fds.size(), ", as before"), absl::StrCat(fds_now.size()),
       fds == fds_now);
  const size_t children_now = ChildrenOf(getpid()).size();
  Line("this process afterwards: children", 1, absl::StrCat(children),
       absl::StrCat(children_now), children == children_now);
  std::printf("%d attacks, %d not as expected\n", printed, failed);
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace picklebox::sandbox

int main(int argc, char** argv) {
  const bool all = argc == 2 && std::strcmp(argv[1], "--all") == 0;
  if (argc > 1 && !all) {
    std::fputs("usage: hostile_suite [--all]\n", stderr);
    return 4;
  }
  return picklebox::sandbox::Main(all);
}
