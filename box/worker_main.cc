// The worker: a static program that the sandbox starts and that does one job a
// process. Everything that parses is in here and nowhere else.
#include "box/serve.h"
#include "sandbox/worker.h"

int main(int argc, char** argv) {
  return picklebox::sandbox::ZygoteMain(argc, argv, &picklebox::box::Serve,
                                        &picklebox::box::Prepare);
}
