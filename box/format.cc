#include "box/format.h"

#include <string_view>

#include "absl/strings/match.h"
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
    // What readers of container/ take, named for when they do not.
    {0, "PK\x03\x04"sv, {"zip archive", Nature::kHides, "", false}},
    {0, "PK\x05\x06"sv, {"zip archive", Nature::kHides, "", false}},
    {0, "\x93NUMPY"sv, {"npy array", Nature::kHides, "", false}},
    {0, "\x1f\x8b"sv, {"gzip data", Nature::kHides, "", false}},
    {0, "BZh"sv, {"bzip2 data", Nature::kHides, "", false}},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     {"xz data", Nature::kHides, "", false}},
    {0, "\x5d\0\0"sv, {"lzma data", Nature::kHides, "", false}},
    {0, "\x28\xb5\x2f\xfd"sv, {"zstd data", Nature::kHides, "", false}},
    {0, "\x04\x22\x4d\x18"sv, {"lz4 data", Nature::kHides, "", false}},
    {0,
     "\x02\x21\x4c\x18"sv,
     {"lz4 data of the old form", Nature::kHides, "", false}},
    {0, "x\x01"sv, {"zlib data", Nature::kHides, "", false}},
    {0, "x\x5e"sv, {"zlib data", Nature::kHides, "", false}},
    {0, "x\x9c"sv, {"zlib data", Nature::kHides, "", false}},
    {0, "x\xda"sv, {"zlib data", Nature::kHides, "", false}},
    {0, "ZF0x"sv, {"joblib zfile", Nature::kHides, "", false}},
    {0, "7z\xbc\xaf\x27\x1c"sv, {"7z archive", Nature::kHides, "", false}},
    {257, "ustar"sv, {"tar archive", Nature::kHides, "", false}},
    // What is not looked into, and can have a pickle in it.
    {0,
     "Rar!\x1a\x07"sv,
     {"rar archive", Nature::kHides, "unpack it and scan what comes out",
      false}},
    {0,
     "\x89HDF\r\n\x1a\n"sv,
     {"HDF5 file", Nature::kHides,
      "pandas pickles what it cannot store there, and Keras stores the code of "
      "its Lambda layers",
      false}},
    {0, "MSCF"sv, {"cabinet archive", Nature::kHides, "", false}},
    {0, "!<arch>\n"sv, {"ar archive", Nature::kHides, "", false}},
    {0, "070701"sv, {"cpio archive", Nature::kHides, "", false}},
    {0, "070707"sv, {"cpio archive", Nature::kHides, "", false}},
    {0, "LZIP"sv, {"lzip data", Nature::kHides, "", false}},
    {0, "\x1f\x9d"sv, {"compress data", Nature::kHides, "", false}},
    {0, "hsqs"sv, {"squashfs image", Nature::kHides, "", false}},
    // Models of other kinds. None carries pickles; most carry something.
    {0,
     "GGUF"sv,
     {"GGUF model", Nature::kCode,
      "it holds no pickle; its chat template is a program of Jinja", false}},
    {0,
     "ggml"sv,
     {"GGML model", Nature::kForeign, "it holds no pickle", false}},
    {0,
     "ggjt"sv,
     {"GGML model", Nature::kForeign, "it holds no pickle", false}},
    {8,
     "{\""sv,
     {"safetensors model", Nature::kForeign,
      "it holds tensors and texts, no pickle", false}},
    {4,
     "TFL3"sv,
     {"TFLite model", Nature::kCode,
      "it holds a graph of operations, no pickle", false}},
    {4,
     "ORTM"sv,
     {"ONNX Runtime model", Nature::kCode,
      "it holds a graph of operations, no pickle", false}},
    {4,
     "PTMF"sv,
     {"PyTorch mobile model", Nature::kCode,
      "it holds bytecode of TorchScript, no pickle", false}},
    {4,
     "ET12"sv,
     {"ExecuTorch program", Nature::kCode, "it holds a program, no pickle",
      false}},
    {0,
     "\xac\xed\0\x05"sv,
     {"Java serialization", Nature::kCode,
      "what Java objects do when they are read is not looked at", false}},
    {0,
     "\xca\xfe\xba\xbe"sv,
     {"Java class or Mach-O binary", Nature::kCode, "it is a program", false}},
    {0,
     "\xcf\xfa\xed\xfe"sv,
     {"Mach-O binary", Nature::kCode, "it is a program", false}},
    {0,
     "\x7f"
     "ELF"sv,
     {"ELF binary", Nature::kCode, "it is a program or a library", false}},
    {0,
     "MZ"sv,
     {"PE binary", Nature::kCode, "it is a program or a library", false}},
    {0,
     "\0asm"sv,
     {"WebAssembly module", Nature::kCode, "it is a program", false}},
    {0, "#!"sv, {"script", Nature::kCode, "it is a program", false}},
    {0,
     "BC\xc0\xde"sv,
     {"LLVM bitcode", Nature::kCode, "it is a program", false}},
    {0,
     "%PDF-"sv,
     {"PDF document", Nature::kCode, "it may hold scripts", false}},
    {0,
     "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv,
     {"Office document of the old form", Nature::kCode, "it may hold macros",
      false}},
    {0, "\x89PNG\r\n\x1a\n"sv, {"PNG image", Nature::kForeign, "", false}},
    {0, "\xff\xd8\xff"sv, {"JPEG image", Nature::kForeign, "", false}},
    {0, "GIF8"sv, {"GIF image", Nature::kForeign, "", false}},
    {0, "P1\n"sv, {"PNM image", Nature::kForeign, "", false}},
    {0, "P2\n"sv, {"PNM image", Nature::kForeign, "", false}},
    {0, "P3\n"sv, {"PNM image", Nature::kForeign, "", false}},
    {0, "P4\n"sv, {"PNM image", Nature::kForeign, "", false}},
    {0, "P5\n"sv, {"PNM image", Nature::kForeign, "", false}},
    {0, "P6\n"sv, {"PNM image", Nature::kForeign, "", false}},
    {0, "RIFF"sv, {"RIFF media", Nature::kForeign, "", false}},
    {0,
     "SQLite format 3\0"sv,
     {"SQLite database", Nature::kHides,
      "shelves and caches keep pickles in it", false}},
    {0, "PAR1"sv, {"Parquet table", Nature::kForeign, "", false}},
    {0, "ARROW1"sv, {"Arrow file", Nature::kForeign, "", false}},
};

// Formats that are text, or have no magic number.
Format RecogniseLoosely(std::string_view text) {
  const auto within = [text](std::string_view word) {
    return absl::StrContains(absl::string_view(text.data(), text.size()),
                             absl::string_view(word.data(), word.size()));
  };
  if (within("<PMML")) {
    return {"PMML model", Nature::kForeign, "it is XML, and holds no pickle",
            false};
  }
  // ONNX begins with field 1, the version of its format, below 16; then comes
  // field 2, the producer, or field 3.
  if (text.size() > 4 && text[0] == 0x08 && text[1] > 0 && text[1] < 16 &&
      text[2] == 0x12 &&
      (within("pytorch") || within("onnx") || within("tf2onnx") ||
       within("skl2onnx"))) {
    return {
        "ONNX model", Nature::kCode,
        "it holds a graph of operations, no pickle; external data are named "
        "by path",
        false};
  }
  // Field 1, schema version 1; field 2, meta graphs, with TensorFlow's tags.
  if (text.size() > 4 && text.substr(0, 3) == "\x08\x01\x12" &&
      (within("serve") || within("tensorflow"))) {
    return {"TensorFlow SavedModel", Nature::kCode,
            "it holds a graph of operations, among which are some that read "
            "and write files",
            false};
  }
  // Core ML: field 1, the version of the specification; field 2, description.
  if (text.size() > 4 && text[0] == 0x08 && text[1] > 0 && text[1] < 12 &&
      text[2] == 0x12 && within("com.github.apple.coremltools")) {
    return {"Core ML model", Nature::kForeign, "it holds no pickle", false};
  }
  return {};
}

}  // namespace

Format Recognise(absl::Span<const uint8_t> head) {
  const std::string_view text(reinterpret_cast<const char*>(head.data()),
                              head.size());
  for (const Magic& magic : kMagics) {
    if (text.size() >= magic.offset + magic.bytes.size() &&
        text.substr(magic.offset, magic.bytes.size()) == magic.bytes) {
      Format format = magic.format;
      format.vague = magic.bytes.size() < 4;
      return format;
    }
  }
  return RecogniseLoosely(text);
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
