// SHA-256 (FIPS 180-4).
//
//   Sha256 hash;
//   hash.Update("abc");
//   hash.HexDigest();   // "ba7816bf..."
#ifndef PICKLEBOX_REPORT_SHA256_H_
#define PICKLEBOX_REPORT_SHA256_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace picklebox::report {

class Sha256 {
 public:
  Sha256();
  void Update(absl::string_view bytes);
  // 64 lower-case hexadecimal digits of all that was given. Ends the hash.
  std::string HexDigest();
  // The same as 32 bytes.
  std::array<uint8_t, 32> Finish();

 private:
  void Block(const uint8_t* block);

  std::array<uint32_t, 8> state_;
  std::array<uint8_t, 64> pending_;
  uint64_t size_ = 0;
};

}  // namespace picklebox::report

#endif  // PICKLEBOX_REPORT_SHA256_H_
