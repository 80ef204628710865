#include "box/format.h"

#include <string_view>

#include "base/text.h"

namespace picklebox::box {
namespace {

struct Magic {
  size_t offset;
  std::string_view bytes;
  Format format;
};

using std::string_view_literals::operator""sv;  // literals may hold NULs

// Those that carry pickles first. Sources: the formats' own specifications.
constexpr Magic kMagics[] = {
    {0, "PK\x03\x04"sv, {"zip archive", true}},
    {0, "PK\x05\x06"sv, {"zip archive", true}},
    {0, "\x93NUMPY"sv, {"npy array", true}},
    {0, "\x1f\x8b"sv, {"gzip data", true}},
    {0, "BZh"sv, {"bzip2 data", true}},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     {"xz data", true}},
    {0, "\x5d\0\0"sv, {"lzma data", true}},
    {0, "\x28\xb5\x2f\xfd"sv, {"zstd data", true}},
    {0, "\x04\x22\x4d\x18"sv, {"lz4 data", true}},
    {0, "x\x01"sv, {"zlib data", true}},
    {0, "x\x5e"sv, {"zlib data", true}},
    {0, "x\x9c"sv, {"zlib data", true}},
    {0, "x\xda"sv, {"zlib data", true}},
    {0, "ZF0x"sv, {"joblib zfile", true}},
    {0, "7z\xbc\xaf\x27\x1c"sv, {"7z archive", true}},
    {0, "Rar!\x1a\x07"sv, {"rar archive", true}},
    {257, "ustar"sv, {"tar archive", true}},
    {0, "\x89HDF\r\n\x1a\n"sv, {"HDF5 file", true}},
    {0, "GGUF"sv, {"GGUF model", false}},
    {8, "{\""sv, {"safetensors model", false}},
    {0,
     "\x7f"
     "ELF"sv,
     {"ELF binary", false}},
    {0, "MZ"sv, {"PE binary", false}},
    {0, "%PDF-"sv, {"PDF document", false}},
    {0, "\x89PNG\r\n\x1a\n"sv, {"PNG image", false}},
    {0, "\xff\xd8\xff"sv, {"JPEG image", false}},
    {0, "GIF8"sv, {"GIF image", false}},
    {0, "P1\n"sv, {"PNM image", false}},
    {0, "P2\n"sv, {"PNM image", false}},
    {0, "P3\n"sv, {"PNM image", false}},
    {0, "P4\n"sv, {"PNM image", false}},
    {0, "P5\n"sv, {"PNM image", false}},
    {0, "P6\n"sv, {"PNM image", false}},
    {0, "RIFF"sv, {"RIFF media", false}},
    {0, "SQLite format 3\0"sv, {"SQLite database", false}},
    {0, "PAR1"sv, {"Parquet table", false}},
    {0, "ARROW1"sv, {"Arrow file", false}},
};

}  // namespace

Format Recognise(absl::Span<const uint8_t> head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()),
                              head.size());
  for (const Magic& magic : kMagics) {
    if (text.size() >= magic.offset + magic.bytes.size() &&
        text.substr(magic.offset, magic.bytes.size()) == magic.bytes) {
      return magic.format;
    }
  }
  return {};
}

bool LooksLikeText(absl::Span<const uint8_t> head) {
  for (const uint8_t byte : head) {
    if (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r')
      return false;
    if (byte == 0x7f) return false;
  }
  // The last character may be cut off.
  const size_t bad = base::FindInvalidUtf8(
      reinterpret_cast<const char*>(head.data()), head.size());
  return bad == base::kValid || head.size() - bad < 4;
}

}  // namespace picklebox::box
