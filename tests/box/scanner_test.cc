// The scanner with real workers in a real sandbox.
#include "picklebox/scanner.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace picklebox {
namespace {

using ::testing::HasSubstr;

std::string Evil() { return "cos\nsystem\n(S'true'\ntR."; }

class ScannerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        absl::StrCat(::testing::TempDir(), "picklebox-scanner-XXXXXX");
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static std::unique_ptr<Scanner> Make(ScannerOptions options = {}) {
    options.worker_path = PICKLEBOX_WORKER;
    absl::StatusOr<std::unique_ptr<Scanner>> scanner =
        Scanner::Create(std::move(options));
    EXPECT_TRUE(scanner.ok()) << scanner.status();
    return scanner.ok() ? *std::move(scanner) : nullptr;
  }

  std::string Write(const std::string& name, const std::string& bytes) const {
    const std::string path = absl::StrCat(folder_, "/", name);
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  static std::string ReadFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  static Scan Bytes(Scanner& scanner, const std::string& bytes) {
    return scanner.ScanBytes(
        {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "x");
  }

  // Many opcodes, which leave little behind.
  static std::string Busy(size_t opcodes) {
    std::string bytes = "]";
    for (size_t i = 0; i < opcodes / 2; ++i) bytes += "N0";
    return bytes + ".";
  }

  // Eight gigabytes, none of them on the disk, through which a worker searches
  // for a second pickle.
  std::string Endless() const {
    const std::string path = Write("endless.pkl", "N.");
    std::filesystem::resize_file(path, 8ull << 30);
    return path;
  }

  std::string folder_;
};

void ExpectCode(const Scan& scan, Code code,
                Verdict verdict = Verdict::kIncomplete) {
  EXPECT_EQ(scan.report.verdict, verdict) << scan.report.path;
  std::vector<Code> codes;
  for (const Finding& finding : scan.report.findings)
    codes.push_back(finding.code);
  EXPECT_THAT(codes, ::testing::Contains(code)) << scan.report.path;
}

// Both processes go by the path: were it one of them only, the reports would
// not agree, which is a finding of its own.
TEST_F(ScannerTest, APathMayHaveAPolicyOfItsOwn) {
  ScannerOptions options;
  absl::StatusOr<Policy> policy = Policy::FromToml(
      absl::StrCat("[[override]]\npath = \"", folder_,
                   "/legacy/**\"\n[[override.allow]]\n"
                   "module_pattern = 'o.'\nqualname_pattern = 'sys.*'\n"
                   "uses = [\"reference\", \"call\"]\n"),
      "p.toml");
  ASSERT_TRUE(policy.ok()) << policy.status();
  options.policy = *policy;
  const auto scanner = Make(std::move(options));
  std::filesystem::create_directories(folder_ + "/legacy/a");
  const Scan inside = scanner->ScanFile(Write("legacy/a/x.pkl", Evil()));
  EXPECT_EQ(inside.report.verdict, Verdict::kClean);
  ASSERT_EQ(inside.report.globals.size(), 1u);
  EXPECT_EQ(inside.report.globals[0].policy_origin, "p.toml:4");
  const Scan outside = scanner->ScanFile(Write("x.pkl", Evil()));
  ExpectCode(outside, Code::kGlobalDenied, Verdict::kDenied);
  EXPECT_EQ(Bytes(*scanner, Evil()).report.verdict, Verdict::kDenied);
}

TEST_F(ScannerTest, CleanAndDenied) {
  const auto scanner = Make();
  EXPECT_EQ(scanner->ScanFile(Write("a.pkl", "N.")).report.verdict,
            Verdict::kClean);
  const Scan scan = scanner->ScanFile(Write("b.pkl", Evil()));
  ExpectCode(scan, Code::kGlobalDenied, Verdict::kDenied);
  EXPECT_EQ(scan.graphs.size(), 1u);
}

TEST_F(ScannerTest, WhatCannotBeOpenedIsSaid) {
  const auto scanner = Make();
  ExpectCode(scanner->ScanFile(folder_ + "/missing"), Code::kInputUnreadable);
  ExpectCode(scanner->ScanFile(folder_), Code::kInputUnreadable);
  ExpectCode(scanner->ScanFile("/dev/null"), Code::kInputUnreadable);
  const std::string pipe = folder_ + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  ExpectCode(scanner->ScanFile(pipe),
             Code::kInputUnreadable);  // and does not wait
}

// A small file is copied, a large one is read by descriptor, bytes in memory
// too: the report is the same but for the path.
TEST_F(ScannerTest, HoweverTheBytesComeTheReportIsTheSame) {
  const auto scanner = Make();
  for (const size_t size : {1000u, 65'535u, 65'536u, 65'537u, 300'000u}) {
    // Data in front of the call fill the file to `size`.
    const std::string tail = "0" + Evil();
    std::string bytes =
        "\x80\x02"
        "B";
    const uint32_t length = static_cast<uint32_t>(size - 7 - tail.size());
    for (int i = 0; i < 4; ++i)
      bytes.push_back(static_cast<char>(length >> (8 * i)));
    bytes += std::string(length, 'x') + tail;
    ASSERT_EQ(bytes.size(), size);
    const Scan file = scanner->ScanFile(Write("x.pkl", bytes));
    const Scan memory = Bytes(*scanner, bytes);
    EXPECT_EQ(file.report.verdict, Verdict::kDenied);
    for (const Scan* scan : {&file, &memory}) {
      ASSERT_EQ(scan->report.globals.size(), 1u) << size;
      EXPECT_EQ(scan->report.globals[0].offset, size - Evil().size());
      ASSERT_EQ(scan->report.streams.size(), 1u);
      EXPECT_EQ(scan->report.streams[0].nodes, file.report.streams[0].nodes);
      EXPECT_EQ(scan->report.streams[0].graph_bytes,
                file.report.streams[0].graph_bytes);
      EXPECT_EQ(scan->report.findings.size(), file.report.findings.size());
    }
  }
}

TEST_F(ScannerTest, AFileThatChangesMeanwhileIsSaid) {
  const auto scanner = Make();
  const std::string path = Write("x.pkl", Busy(20'000'000));
  std::atomic<bool> done = false;
  std::thread writer([&] {
    while (!done) {
      std::ofstream(path, std::ios::binary | std::ios::in).seekp(1) << "N";
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  const Scan scan = scanner->ScanFile(path);
  done = true;
  writer.join();
  ExpectCode(scan, Code::kInputChanged);
}

TEST_F(ScannerTest, AFileThatShrinksMeanwhileIsNotClean) {
  const auto scanner = Make();
  const std::string path = Write("x.pkl", Busy(20'000'000));
  std::thread cutter([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::filesystem::resize_file(path, 100);
  });
  const Scan scan = scanner->ScanFile(path);
  cutter.join();
  EXPECT_NE(scan.report.verdict, Verdict::kClean);
}

TEST_F(ScannerTest, LimitsAreKept) {
  ScannerOptions small;
  small.limits.memory = 2 << 20;
  ExpectCode(Bytes(*Make(small), std::string(3'000'000, ']') + "."),
             Code::kLimitMemory);
  ScannerOptions brief;
  brief.limits.time = 1;
  const auto started = std::chrono::steady_clock::now();
  ExpectCode(Make(brief)->ScanFile(Endless()), Code::kLimitTime);
  EXPECT_LT(std::chrono::steady_clock::now() - started,
            std::chrono::seconds(30));
  ScannerOptions tiny;
  tiny.limits.input = 10;
  ExpectCode(Bytes(*Make(tiny), std::string(11, 'N')), Code::kLimitInput);
}

// Bytes that are there when they are asked for.
struct Store {
  std::string bytes;
  uint64_t read = 0;
  uint64_t fails_from = UINT64_MAX;
  Scanner::ReadAt Reader() {
    return [this](uint64_t offset, absl::Span<uint8_t> to) {
      if (offset + to.size() > std::min<uint64_t>(bytes.size(), fails_from))
        return false;
      std::memcpy(to.data(), bytes.data() + offset, to.size());
      read += to.size();
      return true;
    };
  }
};

TEST_F(ScannerTest, ASourceIsReadPieceByPiece) {
  const auto scanner = Make();
  for (const size_t size : {100, 60'000, 70'000, 3'000'000}) {
    // Enough opcodes to need all of it, and then a call.
    Store store;
    store.bytes = std::string(size, ')') + Evil();
    const Scan whole = Bytes(*scanner, store.bytes);
    const Scan scan =
        scanner->ScanSource(store.bytes.size(), store.Reader(), "x");
    EXPECT_EQ(scan.report.verdict, Verdict::kDenied);
    ASSERT_EQ(scan.graphs.size(), whole.graphs.size());
    EXPECT_EQ(scan.graphs[0].size(), whole.graphs[0].size());
    EXPECT_GE(store.read, store.bytes.size());
  }
}

// What is skipped is not asked for.
TEST_F(ScannerTest, OfASourceOnlyWhatIsNeededIsRead) {
  Store store;
  const uint32_t length = 50'000'000;
  store.bytes = std::string("\x80\x03]B") +
                std::string(reinterpret_cast<const char*>(&length), 4) +
                std::string(length, 'x') + "a.";
  const Scan scan = Make()->ScanSource(store.bytes.size(), store.Reader(), "x");
  EXPECT_EQ(scan.report.verdict, Verdict::kClean);
  EXPECT_LT(store.read, 1'000'000u);
}

TEST_F(ScannerTest, ASourceThatFailsIsSaid) {
  const auto scanner = Make();
  for (const uint64_t from : {0, 1000, 200'000}) {
    Store store;
    store.bytes = std::string(1'000'000, ')') + ".";
    store.fails_from = from;
    ExpectCode(scanner->ScanSource(store.bytes.size(), store.Reader(), "x"),
               Code::kInputChanged);
  }
  Store tiny;
  tiny.bytes = "N.";
  tiny.fails_from = 1;
  ExpectCode(scanner->ScanSource(2, tiny.Reader(), "x"), Code::kInputChanged);
  EXPECT_EQ(Bytes(*scanner, "N.").report.verdict, Verdict::kClean);
}

TEST_F(ScannerTest, NoWorkerIsAnError) {
  ScannerOptions options;
  options.worker_path = "/nowhere/worker";
  EXPECT_EQ(Scanner::Create(options).status().code(),
            absl::StatusCode::kNotFound);
  options.worker_path = "/bin/true";
  EXPECT_FALSE(Scanner::Create(options).ok());
}

TEST_F(ScannerTest, ManyThreads) {
  ScannerOptions options;
  options.slots = 3;
  const auto scanner = Make(options);
  const std::string good = Write("good.pkl", "N.");
  const std::string bad = Write("bad.pkl", Evil());
  std::atomic<int> wrong = 0;
  std::vector<std::thread> team;
  for (int thread = 0; thread < 6; ++thread) {
    team.emplace_back([&, thread] {
      for (int i = 0; i < 50; ++i) {
        const bool evil = (i + thread) % 2 == 0;
        const Scan scan = scanner->ScanFile(evil ? bad : good);
        wrong +=
            scan.report.verdict != (evil ? Verdict::kDenied : Verdict::kClean);
      }
    });
  }
  for (std::thread& member : team) member.join();
  EXPECT_EQ(wrong, 0);
}

// Processes below `parent`, children of children too.
std::vector<pid_t> Descendants(pid_t parent) {
  std::vector<pid_t> all;
  std::vector<pid_t> todo = {parent};
  while (!todo.empty()) {
    const pid_t pid = todo.back();
    todo.pop_back();
    std::error_code error;
    for (const auto& task : std::filesystem::directory_iterator(
             absl::StrCat("/proc/", pid, "/task"), error)) {
      std::ifstream children(task.path() / "children");
      for (pid_t child; children >> child;) {
        all.push_back(child);
        todo.push_back(child);
      }
    }
  }
  return all;
}

TEST_F(ScannerTest, AKilledWorkerCostsOnlyItsOwnFile) {
  ScannerOptions options;
  options.slots = 2;
  const auto scanner = Make(options);
  const std::string path = Endless();
  Scan lost;
  std::thread victim([&] { lost = scanner->ScanFile(path); });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  for (const pid_t pid : Descendants(getpid())) kill(pid, SIGKILL);
  victim.join();
  ExpectCode(lost, Code::kWorkerKilled);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Bytes(*scanner, "N.").report.verdict, Verdict::kClean);
  }
}

// What an extent of a graph stands for can be had, decompressed, and on a
// boundary that an array may lie on.
TEST_F(ScannerTest, ReadsMembers) {
  const auto scanner = Make();
  const std::string corpus = absl::StrCat(PICKLEBOX_SOURCE_DIR, "/corpus/");
  const std::string npz = ReadFile(corpus + "models/npy/2.5/deflated.npz");
  const auto bytes = [](const std::string& text) {
    return absl::Span<const uint8_t>(
        reinterpret_cast<const uint8_t*>(text.data()), text.size());
  };
  const auto text = [](const absl::StatusOr<Content>& content) {
    return content.ok()
               ? std::string(content->bytes.begin(), content->bytes.end())
               : content.status().ToString();
  };
  const absl::StatusOr<Content> magic =
      scanner->ReadMember(bytes(npz), "a.npy", 0, 6);
  EXPECT_EQ(text(magic), "\x93NUMPY");
  const absl::StatusOr<Content> all =
      scanner->ReadMember(bytes(npz), "a.npy", 0, 4128);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(all->bytes.data()) % 64, 0u);
  EXPECT_EQ(text(scanner->ReadMember(bytes(npz), "a.npy", 4000, 128)),
            text(all).substr(4000));
  EXPECT_EQ(text(scanner->ReadMember(bytes(npz), "", 0, npz.size())), npz);
  EXPECT_TRUE(absl::IsNotFound(
      scanner->ReadMember(bytes(npz), "a.npy", 4000, 129).status()));
  EXPECT_TRUE(absl::IsNotFound(
      scanner->ReadMember(bytes(npz), "a.npy", ~0ull, 2).status()));
  EXPECT_TRUE(absl::IsNotFound(
      scanner->ReadMember(bytes(npz), "b.npy", 0, 1).status()));
  EXPECT_TRUE(absl::IsAborted(
      scanner->ReadMember(bytes(npz), "a.npy", 0, ~0ull).status()));

  // Two containers deep, and by a descriptor.
  const int fd = open(
      (corpus + "containers/written/gnutar.good.tar.gz").c_str(), O_RDONLY);
  ASSERT_GE(fd, 0);
  const absl::StatusOr<Content> pickle =
      scanner->ReadMember(fd, "gzip!data.pkl", 0, 76);
  EXPECT_EQ(Bytes(*scanner, text(pickle)).report.verdict, Verdict::kClean);
  EXPECT_EQ(scanner->ScanDescriptor(fd, "x").report.verdict, Verdict::kClean);
  EXPECT_EQ(close(fd), 0);
  ExpectCode(scanner->ScanDescriptor(fd, "x"), Code::kInputUnreadable);
}

TEST_F(ScannerTest, Disassembles) {
  const auto scanner = Make();
  std::string text;
  const auto sink = [&text](absl::string_view part) {
    absl::StrAppend(&text, part);
  };
  ASSERT_TRUE(scanner->Disassemble(Write("x.pkl", Evil()), "", sink).ok());
  EXPECT_THAT(text, HasSubstr("REDUCE"));
  // A long listing arrives whole.
  text.clear();
  ASSERT_TRUE(
      scanner->Disassemble(Write("y.pkl", Busy(200'000)), "", sink).ok());
  EXPECT_THAT(text, HasSubstr("STOP"));
  EXPECT_FALSE(scanner->Disassemble(folder_ + "/missing", "", sink).ok());
}

}  // namespace
}  // namespace picklebox
