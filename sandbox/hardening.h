#ifndef PICKLEBOX_SANDBOX_HARDENING_H_
#define PICKLEBOX_SANDBOX_HARDENING_H_

#include "sandbox/protocol.h"

// What a zygote does to itself once, so that its children have it for free.
// Namespaces are not here: the host creates the zygote inside them.

namespace picklebox::sandbox {

// Runs the steps of protocol.h from kSeccompActions to kSignalHandlers and the
// best-effort ones, in an order in which none disturbs another (root and uid
// before no_new_privs, dumpable after the uid), and notes each outcome.
// False if a required one failed; best effort is the host's to judge.
bool Harden(const Hello& hello, Ready* ready);

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_HARDENING_H_
