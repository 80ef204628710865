#ifndef PICKLEBOX_SANDBOX_FATAL_H_
#define PICKLEBOX_SANDBOX_FATAL_H_

#include "sandbox/protocol.h"

// How a worker ends other than by returning. The calls libc would make for
// this (tgkill, writev) are not left to it, so abort(), a smashed stack, a
// failed assertion, an uncaught exception and exhausted memory all come here.
// The definitions that replace libc's are in fatal.cc and malloc.cc.

namespace picklebox::sandbox {

// Where to leave the reason; set once the job is mapped. nullptr: nowhere.
void SetSlate(Slate* slate);
Slate* CurrentSlate();

[[noreturn]] void Leave(int exit_code);
[[noreturn]] void GiveUp(Surrender reason);
[[noreturn]] void OutOfMemory();

// Makes faults end with kExitStackOverflow or kExitFault and a note in the
// slate, by handlers on a stack of their own. Call in the zygote: children
// inherit it. False: the kernel refused.
bool InstallFaultHandlers();

// Tells the handlers what lies where, so that a fault can be named.
struct Landscape {
  const char* job = nullptr;  // read-only part, then the writable part
  const char* result = nullptr;
  const char* job_end = nullptr;
  const char* arena = nullptr;
  const char* arena_end = nullptr;
};
void SetLandscape(const Landscape& landscape);
void SetStackLow(const char* low);

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_FATAL_H_
