#include "sandbox/broker.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <numeric>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/sandbox/jail.h"

namespace picklebox::sandbox {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class BrokerTest : public testing::Test {
 protected:
  void SetUp() override {
    before_ = OpenFds();
    Restart(Hostile());
  }

  // Whatever a test did, the broker works afterwards, and nothing is left.
  void TearDown() override {
    ExpectWorks();
    broker_.reset();
    EXPECT_EQ(OpenFds(), before_);
    EXPECT_THAT(ChildrenOf(getpid()), IsEmpty());
  }

  void Restart(const Broker::Options& options) {
    auto broker = Broker::Start(options);
    ASSERT_TRUE(broker.ok()) << broker.status();
    broker_ = *std::move(broker);
  }

  Sealed Run(const Job& job) {
    auto sealed = broker_->Run(job);
    EXPECT_TRUE(sealed.ok()) << sealed.status();
    return sealed.ok() ? *std::move(sealed) : Sealed();
  }

  void ExpectWorks() {
    const Sealed sealed = Run(Deed("echo", "still here"));
    EXPECT_EQ(sealed.ending(), Ending::kDone) << sealed.detail();
    EXPECT_EQ(Text(sealed), "still here");
  }

  std::set<int> before_;
  std::unique_ptr<Broker> broker_;
};

// --- the good ones ---

TEST_F(BrokerTest, Echoes) {
  for (const size_t size : {0, 1, 63, 64, 4096, 65536 - 64, 65536}) {
    const std::string text(size, 'z');
    const Sealed sealed = Run(Deed("echo", text));
    ASSERT_TRUE(sealed.done()) << sealed.detail();
    EXPECT_EQ(Text(sealed), text);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(sealed.bytes().data()) % 16, 0u);
  }
}

TEST_F(BrokerTest, LargeResultsAreMapped) {
  Job job = Deed("fill");
  job.budget.result = 20'000'000;
  Sealed sealed = Run(job);
  ASSERT_TRUE(sealed.done());
  const Sealed moved = std::move(sealed);
  EXPECT_EQ(moved.bytes().size(), job.budget.result);
  EXPECT_EQ(moved.bytes()[0], 'x');
  EXPECT_EQ(moved.bytes().back(), 'x');
  EXPECT_GE(moved.usage().peak_rss, job.budget.result);
}

TEST_F(BrokerTest, ResultsOutliveTheBroker) {
  const Sealed small = Run(Deed("echo", "abc"));
  Job job = Deed("fill");
  job.budget.result = 1 << 20;
  const Sealed large = Run(job);
  broker_.reset();
  EXPECT_EQ(Text(small), "abc");
  EXPECT_EQ(large.bytes()[(1 << 20) - 1], 'x');
  Restart(Hostile());
}

TEST_F(BrokerTest, NothingWrittenIsAnEmptyResult) {
  const Sealed sealed = Run(Deed("nothing"));
  EXPECT_TRUE(sealed.done());
  EXPECT_TRUE(sealed.bytes().empty());
}

TEST_F(BrokerTest, SharedBytesReachEveryWorker) {
  const std::string shared(100'000, 's');
  Broker::Options options = Hostile(2);
  options.shared = Bytes(shared);
  Restart(options);
  Job job = Deed("shared");
  job.budget.result = 1 << 20;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Text(Run(job)), shared);
  EXPECT_EQ(Text(Run(Deed("prepared"))), "yes");
  EXPECT_EQ(Run(Deed("write shared")).ending(), Ending::kCrash);
  EXPECT_EQ(Text(Run(job)), shared);
}

TEST_F(BrokerTest, LibrariesWork) {
  EXPECT_EQ(Text(Run(Deed("library"))), "caught 2.500");
  EXPECT_EQ(Text(Run(Deed("allocate"))), "wrong:");
  EXPECT_EQ(Text(Run(Deed("futex wake"))), "EFAULT");
  EXPECT_EQ(Text(Run(Deed("abseil logs"))), "dropped");
  EXPECT_EQ(Text(Run(Deed("reserve"))), "ok");
}

// --- input by descriptor ---

class InputFdTest : public BrokerTest {
 protected:
  void SetUp() override {
    BrokerTest::SetUp();
    text_.resize(300'000);
    std::iota(text_.begin(), text_.end(), 0);
    fd_ = memfd_create("input", MFD_CLOEXEC);
    ASSERT_EQ(write(fd_, text_.data(), text_.size()),
              static_cast<ssize_t>(text_.size()));
  }
  void TearDown() override {
    close(fd_);
    BrokerTest::TearDown();
  }
  Job ByFd(std::string_view deed) {
    Job job = Deed(deed);
    job.input_fd = fd_;
    job.input_size = text_.size();
    job.budget.result = 1 << 20;
    return job;
  }

  std::string text_;
  int fd_ = -1;
};

TEST_F(InputFdTest, IsReadByPread) {
  const Sealed sealed = Run(ByFd("read"));
  ASSERT_TRUE(sealed.done()) << sealed.detail();
  EXPECT_EQ(Text(sealed), text_);
}

TEST_F(InputFdTest, MayBeShorterThanPromised) {
  Job job = ByFd("read");
  job.input_size = text_.size() + 1000;
  EXPECT_EQ(Run(job).bytes().size(), text_.size());
  ASSERT_EQ(ftruncate(fd_, 10), 0);
  EXPECT_EQ(Run(job).bytes().size(), 10u);
}

TEST_F(InputFdTest, IsTheOnlyDescriptor) {
  EXPECT_EQ(Run(ByFd("read other fd")).ending(), Ending::kViolation);
  EXPECT_EQ(Run(ByFd("read dirty fd")).ending(), Ending::kViolation);
  EXPECT_EQ(Run(ByFd("write all")).ending(), Ending::kViolation);
}

TEST_F(InputFdTest, IsNotThereWithoutBeingGiven) {
  Job job = Deed("read");
  job.input_size = 10;
  EXPECT_EQ(Run(job).ending(), Ending::kViolation);
}

TEST_F(InputFdTest, MustBeARegularFile) {
  int pipe[2];
  ASSERT_EQ(pipe2(pipe, O_CLOEXEC), 0);
  Job job = ByFd("read");
  job.input_fd = pipe[0];
  EXPECT_EQ(broker_->Run(job).status().code(),
            absl::StatusCode::kInvalidArgument);
  job.input_fd = 1000;
  EXPECT_FALSE(broker_->Run(job).ok());
  job = ByFd("read");
  job.input = Bytes("both");
  EXPECT_EQ(broker_->Run(job).status().code(),
            absl::StatusCode::kInvalidArgument);
  close(pipe[0]);
  close(pipe[1]);
}

// The same bytes, but asked for.
class AskedInputTest : public InputFdTest {
 protected:
  Job ByAsking(std::string_view deed) {
    Job job = ByFd(deed);
    job.input_fd = -1;
    job.read = [this](uint64_t offset, absl::Span<uint8_t> to) {
      ++asked_;
      if (offset + to.size() > limit_) return false;
      std::memcpy(to.data(), text_.data() + offset, to.size());
      return true;
    };
    return job;
  }
  uint64_t limit_ = UINT64_MAX;
  int asked_ = 0;
};

TEST_F(AskedInputTest, IsGivenPieceByPiece) {
  const Sealed sealed = Run(ByAsking("read"));
  ASSERT_TRUE(sealed.done()) << sealed.detail();
  EXPECT_EQ(Text(sealed), text_);
  EXPECT_GE(asked_, 5);
}

TEST_F(AskedInputTest, EndsWhereTheHostGivesNoMore) {
  limit_ = 100'000;
  const Sealed sealed = Run(ByAsking("read"));
  ASSERT_TRUE(sealed.done()) << sealed.detail();
  EXPECT_EQ(Text(sealed), text_.substr(0, 65536));
}

TEST_F(AskedInputTest, OnlyItsOwnBytesAreGiven) {
  for (const char* const deed :
       {"ask outside", "ask wrap", "ask too much", "ask nonsense"}) {
    EXPECT_EQ(Text(Run(ByAsking(deed))), "hung up") << deed;
    EXPECT_EQ(asked_, 0) << deed;
  }
}

TEST_F(AskedInputTest, AWorkerThatDoesNotListenIsNotWaitedFor) {
  const absl::Time started = absl::Now();
  Run(ByAsking("ask flood"));
  EXPECT_LT(absl::Now() - started, absl::Seconds(10));
  EXPECT_LT(asked_, 100);
}

TEST_F(AskedInputTest, NothingElseIsAllowed) {
  EXPECT_EQ(Run(ByAsking("read other fd")).ending(), Ending::kViolation);
  EXPECT_EQ(Run(ByFd("ask outside")).ending(), Ending::kViolation);
  Job both = ByAsking("read");
  both.input_fd = fd_;
  EXPECT_EQ(broker_->Run(both).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// --- budgets ---

TEST_F(BrokerTest, MemoryIsTheArena) {
  Job job = Deed("bomb malloc");
  for (const uint64_t mib : {8, 32}) {
    job.budget.memory = mib << 20;
    const Sealed sealed = Run(job);
    ASSERT_TRUE(sealed.done()) << sealed.detail();
    const int got = std::stoi(Text(sealed));
    EXPECT_GE(got, static_cast<int>(mib) * 8 / 9 - 1);
    EXPECT_LE(got, static_cast<int>(mib));
    EXPECT_LT(sealed.usage().peak_rss, (mib + 8) << 20);
  }
}

TEST_F(BrokerTest, ProcessorTimeEndsASpin) {
  Job job = Deed("spin");
  job.budget.cpu = absl::Milliseconds(60);
  const absl::Time begin = absl::Now();
  const Sealed sealed = Run(job);
  EXPECT_EQ(sealed.ending(), Ending::kCpuTime) << sealed.detail();
  EXPECT_THAT(sealed.detail(), HasSubstr("60ms"));
  // The timer counts in ticks, the usage does not.
  EXPECT_GE(sealed.usage().cpu, absl::Milliseconds(40));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
}

TEST_F(BrokerTest, TheClockEndsASpin) {
  Job job = Deed("spin");
  job.budget.wall = absl::Milliseconds(60);
  const absl::Time begin = absl::Now();
  const Sealed sealed = Run(job);
  EXPECT_EQ(sealed.ending(), Ending::kWallTime) << sealed.detail();
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(60));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(1));
}

TEST_F(BrokerTest, BudgetsThatMakeNoSenseAreRefused) {
  for (int i = 0; i < 6; ++i) {
    Job job = Deed("echo");
    if (i == 0) job.budget.memory = 0;
    if (i == 1) job.budget.memory = ~uint64_t{0};
    if (i == 2) job.budget.result = 0;
    if (i == 3) job.budget.result = ~uint64_t{0};
    if (i == 4) job.budget.wall = absl::ZeroDuration();
    if (i == 5) job.budget.cpu = -absl::InfiniteDuration();
    EXPECT_EQ(broker_->Run(job).status().code(),
              absl::StatusCode::kInvalidArgument)
        << i;
  }
  Job job = Deed("echo", "x");
  job.budget.wall = job.budget.cpu = absl::InfiniteDuration();
  EXPECT_TRUE(Run(job).done());
}

// Far more jobs than descriptors: none is kept.
TEST_F(BrokerTest, KeepsNothing) {
  const std::set<int> fds = OpenFds();
  for (int i = 0; i < 2000; ++i) {
    ASSERT_TRUE(Run(Deed("echo", absl::StrCat(i))).done());
  }
  EXPECT_EQ(OpenFds(), fds);
  EXPECT_EQ(ChildrenOf(getpid()).size(), 1u);
}

// --- threads ---

TEST_F(BrokerTest, SixtyFourThreadsOnTwoSlots) {
  Restart(Hostile(2));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  threads.reserve(64);
  for (int t = 0; t < 64; ++t) {
    threads.emplace_back([this, t, &wrong] {
      for (int i = 0; i < 20; ++i) {
        const bool bad = (t + i) % 10 == 0;
        const std::string text = absl::StrCat("thread ", t, " job ", i);
        auto sealed = broker_->Run(Deed(bad ? "null" : "echo", text));
        if (!sealed.ok() || (bad ? sealed->ending() != Ending::kCrash
                                 : Text(*sealed) != text)) {
          ++wrong;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

// A zygote outlives the thread that happened to start it.
TEST_F(BrokerTest, ZygotesOutliveTheirThread) {
  broker_.reset();
  std::thread([this] { Restart(Hostile()); }).join();
  const std::vector<int> zygotes = ChildrenOf(getpid());
  ExpectWorks();
  EXPECT_EQ(ChildrenOf(getpid()), zygotes);
}

TEST_F(BrokerTest, TheCapabilitiesAreToldAndRequiredOnesOn) {
  int required = 0;
  for (const Capability& c : broker_->capabilities()) {
    EXPECT_FALSE(c.name.empty() || c.explanation.empty());
    if (c.required) {
      ++required;
      EXPECT_TRUE(c.on) << c.name;
    }
  }
  EXPECT_GE(required, 8);
}

}  // namespace
}  // namespace picklebox::sandbox
