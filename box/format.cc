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
    {0, "PK\x03\x04"sv, {"zip archive", Nature::kHides, ""}},
    {0, "PK\x05\x06"sv, {"zip archive", Nature::kHides, ""}},
    {0, "\x93NUMPY"sv, {"npy array", Nature::kHides, ""}},
    {0, "\x1f\x8b"sv, {"gzip data", Nature::kHides, ""}},
    {0, "BZh"sv, {"bzip2 data", Nature::kHides, ""}},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     {"xz data", Nature::kHides, ""}},
    {0, "\x5d\0\0"sv, {"lzma data", Nature::kHides, ""}},
    {0, "\x28\xb5\x2f\xfd"sv, {"zstd data", Nature::kHides, ""}},
    {0, "\x04\x22\x4d\x18"sv, {"lz4 data", Nature::kHides, ""}},
    {0, "x\x01"sv, {"zlib data", Nature::kHides, ""}},
    {0, "x\x5e"sv, {"zlib data", Nature::kHides, ""}},
    {0, "x\x9c"sv, {"zlib data", Nature::kHides, ""}},
    {0, "x\xda"sv, {"zlib data", Nature::kHides, ""}},
    {0, "ZF0x"sv, {"joblib zfile", Nature::kHides, ""}},
    {0, "7z\xbc\xaf\x27\x1c"sv, {"7z archive", Nature::kHides, ""}},
    {0, "Rar!\x1a\x07"sv, {"rar archive", Nature::kHides, ""}},
    {257, "ustar"sv, {"tar archive", Nature::kHides, ""}},
    {0, "\x89HDF\r\n\x1a\n"sv, {"HDF5 file", Nature::kHides, ""}},
    {0, "GGUF"sv, {"GGUF model", Nature::kForeign, ""}},
    {8, "{\""sv, {"safetensors model", Nature::kForeign, ""}},
    {0,
     "\x7f"
     "ELF"sv,
     {"ELF binary", Nature::kForeign, ""}},
    {0, "MZ"sv, {"PE binary", Nature::kForeign, ""}},
    {0, "%PDF-"sv, {"PDF document", Nature::kForeign, ""}},
    {0, "\x89PNG\r\n\x1a\n"sv, {"PNG image", Nature::kForeign, ""}},
    {0, "\xff\xd8\xff"sv, {"JPEG image", Nature::kForeign, ""}},
    {0, "GIF8"sv, {"GIF image", Nature::kForeign, ""}},
    {0, "P1\n"sv, {"PNM image", Nature::kForeign, ""}},
    {0, "P2\n"sv, {"PNM image", Nature::kForeign, ""}},
    {0, "P3\n"sv, {"PNM image", Nature::kForeign, ""}},
    {0, "P4\n"sv, {"PNM image", Nature::kForeign, ""}},
    {0, "P5\n"sv, {"PNM image", Nature::kForeign, ""}},
    {0, "P6\n"sv, {"PNM image", Nature::kForeign, ""}},
    {0, "RIFF"sv, {"RIFF media", Nature::kForeign, ""}},
    {0, "SQLite format 3\0"sv, {"SQLite database", Nature::kForeign, ""}},
    {0, "PAR1"sv, {"Parquet table", Nature::kForeign, ""}},
    {0, "ARROW1"sv, {"Arrow file", Nature::kForeign, ""}},
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
