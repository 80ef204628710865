#include "container/torchscript.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace picklebox::container {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> Found(absl::string_view text) {
  std::vector<std::string> found;
  SearchScript(text, [&](const ScriptAccess& access) {
    found.push_back(absl::StrCat(access.name, "@", access.offset));
  });
  return found;
}

TEST(Torchscript, OperatorsThatReachOutAreFoundWhereTheyStand) {
  EXPECT_THAT(Found("x = torch.save(y, \"z\")"), ElementsAre("torch.save@4"));
  EXPECT_THAT(Found("ops.aten.save(y);torch.from_file(z)"),
              ElementsAre("ops.aten.save@0", "torch.from_file@17"));
  EXPECT_THAT(Found("torch.ops.aten.from_file.out(z)"),
              ElementsAre("torch.ops.aten.from_file.out@0"));
  EXPECT_THAT(Found("ops.c10d.send(x)"), ElementsAre("ops.c10d.send@0"));
}

TEST(Torchscript, BytecodeNamesOperatorsInFull) {
  EXPECT_THAT(Found(absl::string_view("X\x0a\0\0\0aten::saveq\x01", 17)),
              ElementsAre("aten::saveq@5"));
  EXPECT_THAT(Found("aten::add aten::save_it"), IsEmpty());
}

TEST(Torchscript, ANamespaceAsAValueIsTold) {
  EXPECT_THAT(Found("t = torch\nt.save(x)"), ElementsAre("torch@4"));
  EXPECT_THAT(Found("t = ops.aten"), ElementsAre("ops.aten@4"));
  EXPECT_THAT(Found("getattr(torch, \"s\")"), ElementsAre("torch@8"));
}

TEST(Torchscript, OtherNamesAndTextsAreNot) {
  EXPECT_THAT(Found("torch.add(x, y)\nself.save(x)\nops.prim.Raise(x)"),
              IsEmpty());
  EXPECT_THAT(Found("raise(\"torch or ops\")\nmytorch.save(x)"), IsEmpty());
  EXPECT_THAT(Found("torch.save_it(x)\nx.torch.save(y)"), IsEmpty());
  EXPECT_THAT(Found(""), IsEmpty());
}

TEST(Torchscript, AQuoteEndsWithItsLine) {
  EXPECT_THAT(Found("\"it's\nt = torch"), ElementsAre("torch@10"));
  EXPECT_THAT(Found("'\\'' torch"), ElementsAre("torch@5"));
}

}  // namespace
}  // namespace picklebox::container
