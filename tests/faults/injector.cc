// Runs a command and lets one of its system calls fail, or kills it there.
//
//   fault_injector [--at N] [--errno E | --signal S | --size B] [--note FILE]
//       COMMAND...
//
// The calls of all threads of the command are counted together, from 1, in the
// order in which they begin. The N-th is not made and fails with errno E; or
// signal S is sent when it begins; or its third argument, the size of what
// read, write and the like are to move, becomes B. Children are let alone. FILE
// gets the number of the call that was hit (-1: there were fewer), and then the
// numbers of all, in order. The exit status is the command's, or 128 and the
// signal that it died of; 125 if tracing is not possible here.
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#if !defined(__x86_64__)
#error "the registers of this processor are not known here"
#endif

namespace {

constexpr int kNotPossible = 125;

struct Plan {
  long at = 0;
  long error = 0;
  int signal = 0;
  long size = 0;
  std::string note;
  char** command = nullptr;
};

class Injector {
 public:
  explicit Injector(Plan plan) : plan_(std::move(plan)) {}

  int Run() {
    child_ = fork();
    if (child_ == 0) Become();
    int status = 0;
    if (waitpid(child_, &status, 0) != child_ || !WIFSTOPPED(status))
      return kNotPossible;
    constexpr long kOptions =
        PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SETOPTIONS, child_, 0, kOptions) != 0)
      return kNotPossible;
    ptrace(PTRACE_SYSCALL, child_, 0, 0);
    const int result = Follow();
    Note();
    return result;
  }

 private:
  [[noreturn]] void Become() const {
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0) _exit(kNotPossible);
    raise(SIGSTOP);
    execv(plan_.command[0], plan_.command);
    _exit(127);
  }

  // Until the command, which is its first thread, has ended.
  int Follow() {
    for (;;) {
      int status = 0;
      const pid_t thread = waitpid(-1, &status, __WALL);
      if (thread < 0) {
        if (errno == EINTR) continue;
        return kNotPossible;
      }
      if (WIFEXITED(status) || WIFSIGNALED(status)) {
        inside_.erase(thread);
        if (thread != child_) continue;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      }
      if (!begun_ && WSTOPSIG(status) == SIGTRAP) begun_ = true;  // its exec
      OnStop(thread, status);
    }
  }

  void OnStop(pid_t thread, int status) {
    int pass_on = 0;
    if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
      OnCall(thread);
    } else if (status >> 16 == 0 && WSTOPSIG(status) != SIGTRAP &&
               (known_.count(thread) != 0 || thread == child_)) {
      pass_on = WSTOPSIG(status);
    }
    known_[thread] = true;  // a new thread begins with a stop that is nobody's
    ptrace(PTRACE_SYSCALL, thread, 0, pass_on);
  }

  void OnCall(pid_t thread) {
    if (!begun_) return;
    bool& inside = inside_[thread];
    inside = !inside;
    user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, thread, 0, &registers) != 0) return;
    if (!inside) {
      if (thread != failing_) return;
      failing_ = 0;
      registers.rax = static_cast<unsigned long long>(-plan_.error);
      ptrace(PTRACE_SETREGS, thread, 0, &registers);
      return;
    }
    calls_.push_back(static_cast<long>(registers.orig_rax));
    if (static_cast<long>(calls_.size()) != plan_.at) return;
    hit_ = calls_.back();
    if (plan_.signal != 0) kill(child_, plan_.signal);
    if (plan_.size != 0) {
      registers.rdx = static_cast<unsigned long long>(plan_.size);
      ptrace(PTRACE_SETREGS, thread, 0, &registers);
    }
    // libc takes a futex that fails for damage of its own.
    if (plan_.error != 0 && hit_ != SYS_futex) {
      failing_ = thread;
      registers.orig_rax = ~0ull;
      ptrace(PTRACE_SETREGS, thread, 0, &registers);
    }
  }

  void Note() const {
    if (plan_.note.empty()) return;
    if (std::FILE* file = std::fopen(plan_.note.c_str(), "w")) {
      std::fprintf(file, "%ld", hit_);
      for (const long call : calls_) std::fprintf(file, " %ld", call);
      std::fclose(file);
    }
  }

  const Plan plan_;
  pid_t child_ = -1;
  std::map<pid_t, bool> inside_;  // threads within a call
  std::map<pid_t, bool> known_;
  pid_t failing_ = 0;
  bool begun_ = false;
  std::vector<long> calls_;
  long hit_ = -1;
};

}  // namespace

int main(int argc, char** argv) {
  Plan plan;
  int i = 1;
  for (; i + 1 < argc && std::strncmp(argv[i], "--", 2) == 0; i += 2) {
    const std::string option = argv[i];
    if (option == "--at") plan.at = std::atol(argv[i + 1]);
    if (option == "--errno") plan.error = std::atol(argv[i + 1]);
    if (option == "--signal") plan.signal = std::atoi(argv[i + 1]);
    if (option == "--size") plan.size = std::atol(argv[i + 1]);
    if (option == "--note") plan.note = argv[i + 1];
  }
  if (i >= argc) {
    std::fputs(
        "usage: fault_injector [--at N] [--errno E | --signal S | --size B]"
        " [--note FILE] COMMAND...\n",
        stderr);
    return 4;
  }
  plan.command = argv + i;
  return Injector(std::move(plan)).Run();
}
