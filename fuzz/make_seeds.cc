// Makes seeds for every fuzz target out of pickles and policies.
//
//   make_seeds OUT FOLDER...
//
// Takes the *.pkl and *.toml below each FOLDER that are not large, and all
// below folders called containers or models, and writes OUT/TARGET_fuzz/*:
// pickles with options in front, the graphs and replies that are made of them,
// the lines of their numbers, and the parts of files of arrays that their
// targets begin in.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/memory.h"
#include "base/source.h"
#include "base/window.h"
#include "box/reply.h"
#include "box/vetting.h"
#include "container/npy.h"
#include "container/torch.h"
#include "fuzz/bodies/bodies.h"
#include "fuzz/bodies/input.h"

namespace picklebox::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLargest = 8 << 10;
constexpr size_t kLargestPolicy = 16 << 10;

class Seeds {
 public:
  explicit Seeds(fs::path out) : out_(std::move(out)) {
    for (const Target& target : Targets())
      fs::create_directories(Folder(target.name));
    fs::create_directories(Folder("differ"));
  }

  void Pickle(const std::string& bytes) {
    const std::string plain(kHeader, '\0');
    Write("machine", absl::StrCat(plain, bytes));
    Write("vetting", absl::StrCat(plain, bytes));
    Write("decoder", bytes);
    Write("differ", absl::StrCat(absl::string_view("\0", 1), bytes));
    Reply(bytes);
  }
  void Container(const std::string& bytes) {
    Write("container", bytes);
    Write("vetting", absl::StrCat(std::string(kHeader, '\0'), bytes));
  }
  // A file of NumPy, joblib or PyTorch.
  void Model(const std::string& bytes) {
    Container(bytes);
    container::NpyHeader header;
    base::Window in(absl::MakeConstSpan(
        reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
    if (container::ReadNpyHeader(in, &header) == nullptr) {
      const size_t text = bytes.find('{');
      Write("npy", bytes.substr(text, header.data - text));
    }
    if (absl::StartsWith(bytes, container::kTorchMagic)) Reply(bytes);
  }
  void Policy(const std::string& text) {
    Write("policy", absl::StrCat(absl::string_view("\0", 1), text));
    const auto policy = picklebox::Policy::FromToml(text, "seed.toml");
    if (!policy.ok()) return;
    Write("policy", absl::StrCat("\x01", View(policy->compiled())));
  }
  void Number(absl::string_view line) { Write("number", std::string(line)); }
  void Joblib(absl::string_view rest) { Write("joblib", std::string(rest)); }
  size_t count() const { return count_; }

 private:
  static absl::string_view View(absl::Span<const uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  fs::path Folder(absl::string_view target) const {
    return out_ / absl::StrCat(target, "_fuzz");
  }

  // The reply of a worker, and each graph in it.
  void Reply(const std::string& bytes) {
    base::HeapMemory memory;
    const auto file = std::make_shared<base::SpanSource>(absl::MakeConstSpan(
        reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
    std::vector<uint8_t> region(1 << 20);
    box::ReplyWriter writer(absl::MakeSpan(region));
    const box::Request request;
    box::Respond(request, DefaultTable(), memory, file, &writer);
    region.resize(writer.Finish());
    Write("reply", std::string(View(region)));
    const auto reply = box::ReadReply(region, 100, 100, 100);
    if (!reply.ok()) return;
    // What follows the third pickle of an older file of PyTorch.
    if (reply->streams.size() > 2 &&
        absl::StartsWith(bytes, container::kTorchMagic)) {
      Write("torch", bytes.substr(reply->streams[2].end));
    }
    for (const box::StreamRecord& stream : reply->streams) {
      const uint64_t back = stream.stopped ? stream.nodes - stream.root : 0;
      const char head[] = {static_cast<char>(back < 256 ? back : 0), 0};
      Write("verifier",
            absl::StrCat(absl::string_view(head, 2), View(stream.encoding)));
    }
  }

  void Write(absl::string_view target, const std::string& bytes) {
    std::ofstream file(Folder(target) / absl::StrCat("seed-", count_++),
                       std::ios::binary);
    file << bytes;
  }

  fs::path out_;
  size_t count_ = 0;
};

void Take(const fs::path& path, Seeds* seeds) {
  const bool pickle = path.extension() == ".pkl";
  const bool policy = path.extension() == ".toml";
  const bool container = absl::StrContains(path.string(), "/containers/");
  const bool model = absl::StrContains(path.string(), "/models/");
  if (!pickle && !policy && !container && !model) return;
  if (fs::file_size(path) > (policy ? kLargestPolicy : kLargest)) return;
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)),
                          std::istreambuf_iterator<char>());
  if (container) return seeds->Container(bytes);
  if (model) return seeds->Model(bytes);
  pickle ? seeds->Pickle(bytes) : seeds->Policy(bytes);
}

using std::string_view_literals::operator""sv;

// The rest of the state of a wrapper of two doubles, and its items: as joblib
// wrote it to 1.1, from 1.2 on, and in Fortran order.
constexpr std::string_view kJoblib[] = {
    "\x8c\x05order\x8c\x01"
    "C\x8c\x05shapeK\x02\x85ub0123456789abcdef."sv,
    "\x8c\x05order\x8c\x01"
    "C\x8c\x05shapeK\x02\x85\x8c\x1bnumpy_array_alignment_bytesK\x10ub"
    "\x03\xff\xff\xff"
    "0123456789abcdef."sv,
    "\x8c\x05order\x8c\x01"
    "F\x8c\x05shapeK\x01K\x02\x86ub0123456789abcdefq\x01."sv};

constexpr absl::string_view kNumbers[] = {"0",
                                          "1",
                                          "00",
                                          "01",
                                          "-0",
                                          "12",
                                          "-128",
                                          "010",
                                          "08",
                                          "0x1f",
                                          "-0x10",
                                          "0o17",
                                          "0b11",
                                          "0x_1",
                                          "1_000",
                                          "0_1",
                                          "1L",
                                          " 12",
                                          "12 ",
                                          "1\r",
                                          "9223372036854775807",
                                          "-9223372036854775808",
                                          "18446744073709551616",
                                          "1.5",
                                          "1.",
                                          ".5",
                                          "1e5",
                                          "-0.0",
                                          "1e400",
                                          "inf",
                                          "-nan",
                                          "1_0.0",
                                          "0x1p3"};

}  // namespace
}  // namespace picklebox::fuzz

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: make_seeds OUT FOLDER...\n", stderr);
    return 4;
  }
  picklebox::fuzz::Seeds seeds(argv[1]);
  for (int i = 2; i < argc; ++i) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(argv[i])) {
      if (entry.is_regular_file()) picklebox::fuzz::Take(entry.path(), &seeds);
    }
  }
  for (const absl::string_view line : picklebox::fuzz::kNumbers) {
    seeds.Number(line);
  }
  for (const std::string_view rest : picklebox::fuzz::kJoblib)
    seeds.Joblib({rest.data(), rest.size()});
  std::printf("%zu seeds\n", seeds.count());
  return 0;
}
