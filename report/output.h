// Output in pieces: collects what writers print and hands it to a Sink a few
// kilobytes at a time.
//
//   Output out(sink);
//   out.Print("nodes: ", count, "\n");
//   // flushed at the end of its life, or by Flush()
#ifndef PICKLEBOX_REPORT_OUTPUT_H_
#define PICKLEBOX_REPORT_OUTPUT_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "picklebox/sink.h"

namespace picklebox::report {

class Output {
 public:
  // `sink` must outlive it.
  explicit Output(const Sink& sink) : sink_(sink) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() { Flush(); }

  // Prints what absl::StrAppend takes.
  template <typename... Parts>
  void Print(const Parts&... parts) {
    absl::StrAppend(&piece_, parts...);
    if (piece_.size() >= kPiece) Flush();
  }

  void Flush() {
    if (!piece_.empty()) sink_(piece_);
    piece_.clear();
  }

 private:
  static constexpr size_t kPiece = 8192;
  const Sink& sink_;
  std::string piece_;
};

}  // namespace picklebox::report

#endif  // PICKLEBOX_REPORT_OUTPUT_H_
