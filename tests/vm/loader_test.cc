// A loader steps in at BUILD and at persistent ids.
#include "vm/loader.h"

#include <gtest/gtest.h>

#include "program.h"

namespace picklebox::vm {
namespace {

using std::string_literals::operator""s;

// Takes three bytes behind each BUILD, and gives None for persistent ids.
class Taker final : public Loader {
 public:
  Taker(base::Window* in, graph::GraphBuilder* builder)
      : in_(*in), builder_(*builder) {}

  void OnGlobal(absl::string_view, absl::string_view qualname) override {
    named += std::string(qualname);
  }
  bool AfterBuild(const Built& built, NodeId* top) override {
    in_frame = built.in_frame;
    if (in_.remaining() < 3) return false;
    const uint64_t at = in_.offset();
    in_.Skip(3);
    *top = builder_.Array("|u1", {3}, false, {at, 3});
    return true;
  }
  NodeId PersistentLoad(NodeId, uint64_t) override { return builder_.None(); }

  std::string named;
  bool in_frame = false;

 private:
  base::Window& in_;
  graph::GraphBuilder& builder_;
};

struct Loaded {
  Outcome outcome;
  std::string named;
  bool in_frame = false;
  NodeKind root = NodeKind::kNone;
  std::string said;
};

Loaded Load(const std::string& pickle) {
  base::Window in(BytesOf(pickle));
  base::HeapMemory memory;
  std::vector<uint8_t> out(4096);
  const Options options;
  report::FindingLog log(10);
  graph::GraphBuilder builder(memory, absl::MakeSpan(out), 1000,
                              options.limits.key, nullptr);
  Machine machine(options, memory, &in, &builder, &log);
  Taker taker(&in, &builder);
  machine.set_loader(&taker);
  Loaded loaded;
  loaded.outcome = machine.Run();
  loaded.named = taker.named;
  loaded.in_frame = taker.in_frame;
  loaded.said = Describe(log.findings());
  if (loaded.outcome.stopped)
    loaded.root = builder.ledger().kind(loaded.outcome.root);
  return loaded;
}

TEST(Loader, TakesBytesBehindBuild) {
  const Loaded loaded = Load(
      "\x80\x02"
      "cm\nC\n)\x81}b"
      "\x00.."
      "."s);
  EXPECT_TRUE(loaded.outcome.stopped) << loaded.said;
  EXPECT_EQ(loaded.root, NodeKind::kArray);
  EXPECT_EQ(loaded.named, "C");
  EXPECT_FALSE(loaded.in_frame);
}

TEST(Loader, TellsWhetherTheFrameGoesOn) {
  const Loaded loaded = Load(
      "\x80\x04\x95\x0c\0\0\0\0\0\0\0"
      "cm\nC\n)\x81}b"
      "\x00.."
      "."s);
  EXPECT_TRUE(loaded.outcome.stopped) << loaded.said;
  EXPECT_TRUE(loaded.in_frame);
}

TEST(Loader, MayRefuse) {
  const Loaded loaded = Load(
      "\x80\x02"
      "cm\nC\n)\x81}b"
      ".");
  EXPECT_FALSE(loaded.outcome.stopped);
}

TEST(Loader, GivesWhatAPersistentIdStandsFor) {
  EXPECT_EQ(Load("\x80\x02K\x01Q.").root, NodeKind::kNone);
  EXPECT_EQ(Load("Pone\n.").root, NodeKind::kNone);
}

}  // namespace
}  // namespace picklebox::vm
