// A pickle reads the same whether all of it is shown or a little at a time.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/vm/program.h"
#include "vm/machine.h"

namespace picklebox::vm {
namespace {

namespace fs = std::filesystem;

class FileSource final : public base::Source {
 public:
  explicit FileSource(const std::string& bytes) : bytes_(bytes) {}
  uint64_t size() const override { return bytes_.size(); }
  bool ReadAt(uint64_t offset, uint8_t* to, size_t n) override {
    ++reads_;
    if (reads_ > reads_that_work_) return false;
    bytes_.copy(reinterpret_cast<char*>(to), n, offset);
    return true;
  }
  int reads() const { return reads_; }
  // Later ones fail, as when the file becomes shorter.
  void FailAfter(int reads) { reads_that_work_ = reads; }

 private:
  const std::string& bytes_;
  int reads_ = 0;
  int reads_that_work_ = 1 << 30;
};

constexpr size_t kSmall = 4096;

Result Stream(FileSource* source, size_t capacity = kSmall) {
  std::vector<uint8_t> buffer(capacity);
  base::Window in(source, buffer.data(), buffer.size());
  return Bench(&in).Run();
}

void ExpectSame(const Result& streamed, const Result& shown) {
  EXPECT_EQ(streamed.said, shown.said);
  EXPECT_EQ(streamed.encoding, shown.encoding);
  EXPECT_EQ(streamed.outcome.root, shown.outcome.root);
  EXPECT_EQ(streamed.outcome.end, shown.outcome.end);
  EXPECT_EQ(streamed.outcome.opcodes, shown.outcome.opcodes);
}

std::vector<fs::path> BenignFiles() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(
           fs::path(PICKLEBOX_SOURCE_DIR) / "corpus" / "benign")) {
    if (entry.path().extension() == ".pkl") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// A line, of which a window must hold all, with what comes before its operand.
size_t LongestLine(const std::string& bytes) {
  size_t longest = 0;
  size_t begin = 0;
  for (size_t end; (end = bytes.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    longest = std::max(longest, end + 1 - begin);
  }
  return longest;
}

TEST(Streaming, ReadsEveryBenignFileAlike) {
  const std::vector<fs::path> paths = BenignFiles();
  ASSERT_GT(paths.size(), 100u);
  int streamed_in_pieces = 0;
  for (const fs::path& path : paths) {
    SCOPED_TRACE(path.string());
    std::ifstream file(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
    const Result shown = Execute(bytes);
    EXPECT_TRUE(shown.outcome.stopped);
    FileSource source(bytes);
    ExpectSame(Stream(&source, std::max(kSmall, LongestLine(bytes))), shown);
    streamed_in_pieces += source.reads() > 2;
  }
  EXPECT_GT(streamed_in_pieces, 10);
}

// Every opcode with an operand, once across every place near the end of what
// is shown.
TEST(Streaming, CutsOperandsAnywhere) {
  const std::string body =
      Text("text") + Counted("X", 4, "more") + "M\x01\x02J\x01\x02\x03\x04" +
      Raw("G\x3f\xf8\0\0\0\0\0\0") + "I123\n" + Counted("B", 4, "bytes") +
      Counted("X", 4, std::string(300, 'x')) + "cmodule\nname\n" +
      "Vline\\u0041\n" + Counted("\x8a", 1, "12345") + "(ttt" +
      Frame("q\x01K\x05") + ".";
  for (size_t before = kSmall - body.size() - 20; before < kSmall + 8;
       ++before) {
    std::string pickle = std::string(before / 2 * 2, 'N');
    for (size_t i = 1; i < pickle.size(); i += 2) pickle[i] = '0';
    if (before % 2 != 0) pickle += "N";
    pickle += body;
    SCOPED_TRACE(before);
    FileSource source(pickle);
    ExpectSame(Stream(&source), Execute(pickle));
  }
}

TEST(Streaming, NoticesThatAFileBecameShorter) {
  const std::string pickle = std::string(3 * kSmall, 'N') + ".";
  FileSource source(pickle);
  source.FailAfter(1);
  const Result result = Stream(&source);
  EXPECT_FALSE(result.outcome.stopped);
  EXPECT_EQ(Describe(result.findings).substr(0, 14), "input-changed@");
}

TEST(Streaming, NoticesThatANameCannotBeReadAgain) {
  const std::string pickle =
      Counted("X", 4, std::string(300, 'm')) + Text("name") + "\x93.";
  FileSource source(pickle);
  source.FailAfter(1);
  EXPECT_EQ(Stream(&source).said, "input-changed@311");
}

}  // namespace
}  // namespace picklebox::vm
