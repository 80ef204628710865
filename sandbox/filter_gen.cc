// Writes the filters of filter.h as C++ arrays to stdout. Runs at build
// time only; nothing that is shipped links libseccomp.
//
//   filter_gen [aarch64]
//
// With an argument, for another processor than this one: the tests evaluate
// these too.

#include <linux/filter.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "sandbox/protocol.h"

namespace picklebox::sandbox {
namespace {

constexpr unsigned kWakePrivate = 129;

// EQ only, one compared argument a rule: see sandbox/filter.h.
scmp_arg_cmp Equals(unsigned argument, uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}

bool AddRules(scmp_filter_ctx filter, Profile profile) {
  const scmp_arg_cmp wake = Equals(1, kWakePrivate);
  const scmp_arg_cmp input = Equals(0, kInputFd);
  return seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
                          SCMP_ACT_KILL_PROCESS) == 0 &&
         seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(exit_group), 0) ==
             0 &&
         seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EFAULT), SCMP_SYS(futex),
                                1, &wake) == 0 &&
         (profile != Profile::kReadInput ||
          seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(pread64), 1,
                                 &input) == 0) &&
         (profile != Profile::kAskInput ||
          (seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(read), 1,
                                  &input) == 0 &&
           seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
                                  &input) == 0));
}

// libseccomp knows calls by their native numbers, and translates.
bool ChooseArch(scmp_filter_ctx filter, uint32_t arch) {
  return arch == SCMP_ARCH_NATIVE ||
         (seccomp_arch_add(filter, arch) == 0 &&
          seccomp_arch_remove(filter, SCMP_ARCH_NATIVE) == 0);
}

bool Write(const char* name, Profile profile, uint32_t arch) {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  const int fd = memfd_create("filter", 0);
  if (filter == nullptr || fd < 0 || !ChooseArch(filter, arch) ||
      !AddRules(filter, profile) || seccomp_export_bpf(filter, fd) != 0) {
    return false;
  }
  const off_t size = lseek(fd, 0, SEEK_END);
  std::vector<sock_filter> program(size / sizeof(sock_filter));
  if (size <= 0 || pread(fd, program.data(), size, 0) != size) return false;
  std::printf("constexpr sock_filter %s[] = {\n", name);
  for (const sock_filter& i : program) {
    std::printf("    {0x%02x, %u, %u, 0x%08x},\n", i.code, i.jt, i.jf, i.k);
  }
  std::printf("};\n");
  seccomp_release(filter);
  close(fd);
  return true;
}

}  // namespace
}  // namespace picklebox::sandbox

int main(int argc, char** argv) {
  using picklebox::sandbox::Profile;
  using picklebox::sandbox::Write;
  uint32_t arch = SCMP_ARCH_NATIVE;
  if (argc == 2 && std::strcmp(argv[1], "aarch64") == 0) {
    arch = SCMP_ARCH_AARCH64;
  } else if (argc != 1) {
    std::fprintf(stderr, "usage: filter_gen [aarch64]\n");
    return 4;
  }
  if (!Write("kComputeFilter", Profile::kCompute, arch) ||
      !Write("kReadInputFilter", Profile::kReadInput, arch) ||
      !Write("kAskInputFilter", Profile::kAskInput, arch)) {
    std::fprintf(stderr, "filter_gen: libseccomp failed\n");
    return 1;
  }
  return 0;
}
