#ifndef PICKLEBOX_SANDBOX_INPUT_H_
#define PICKLEBOX_SANDBOX_INPUT_H_

namespace picklebox::sandbox {

// Whether ReadInputAt (worker.h) asks the host, over the socket that kInputFd
// then is, instead of reading a file.
void AskForInput(bool ask);

}  // namespace picklebox::sandbox

#endif  // PICKLEBOX_SANDBOX_INPUT_H_
