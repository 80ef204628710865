#include "picklebox/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace picklebox {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr char kAll[] = R"(
policy  = "policies/acme.toml"
format  = "concise"
output  = ["sarif:out.sarif", "json:/tmp/r.json"]
exclude = ["*.onnx"]
jobs    = 3

[limits]
memory = "1GiB"
streams = 10

[[accept]]
fingerprint = "0123456789abcdef0123456789abcdef"
reason = "seen by us: gr\u00fcn"
expires = 2027-01-31
)";

std::string Error(absl::string_view text) {
  const auto read = Configuration::FromToml(text, "c.toml", "");
  return read.ok() ? "no error" : std::string(read.status().message());
}

TEST(Configuration, HoldsWhatIsWritten) {
  const auto read = Configuration::FromToml(kAll, "c.toml", "/etc/acme");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->policy, "/etc/acme/policies/acme.toml");
  EXPECT_EQ(read->format, "concise");
  EXPECT_THAT(read->outputs,
              ElementsAre("sarif:/etc/acme/out.sarif", "json:/tmp/r.json"));
  EXPECT_THAT(read->exclude, ElementsAre("*.onnx"));
  EXPECT_EQ(read->jobs, 3);
  EXPECT_THAT(read->limits,
              ElementsAre(Pair("memory", "1GiB"), Pair("streams", "10")));
  ASSERT_EQ(read->accepts.size(), 1);
  EXPECT_EQ(read->accepts[0].fingerprint, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(read->accepts[0].expires, absl::CivilDay(2027, 1, 31));
}

TEST(Configuration, MayBeEmpty) {
  const auto read = Configuration::FromToml("", "c.toml", "");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->policy, "");
  EXPECT_EQ(read->jobs, 0);
}

TEST(Configuration, SaysEachMistakeWithItsPlace) {
  EXPECT_EQ(Error("format = \"yaml\"\njobs = 0\ncolour = 1\n"),
            "c.toml:1:10: no format is called 'yaml'; there are: text, "
            "concise, json, jsonl, sarif, markdown, junit\n"
            "c.toml:2:8: 'jobs' must be a number from 1 to 1024\n"
            "c.toml:3:1: unknown key 'colour' in a configuration");
  EXPECT_THAT(Error("format = "), HasSubstr("c.toml:1:"));
  EXPECT_THAT(Error("policy = 7"), HasSubstr("'policy' must be a string"));
  EXPECT_THAT(Error("policy = \"\""), HasSubstr("'policy' must be a string"));
  EXPECT_THAT(Error("exclude = \"x\""), HasSubstr("must be a list of strings"));
  EXPECT_THAT(Error("output = [\"x.sarif\"]"), HasSubstr("FORMAT:FILE"));
  EXPECT_THAT(Error("output = [\"sarif:\"]"), HasSubstr("FORMAT:FILE"));
  EXPECT_THAT(Error("output = [\"yaml:x\"]"), HasSubstr("no format is called"));
  EXPECT_THAT(Error("[limits]\nmemory = \"lots\""), HasSubstr("c.toml:2:10"));
  EXPECT_THAT(Error("[limits]\ncolour = 1"), HasSubstr("no limit is called"));
  EXPECT_THAT(Error("limits = 1"), HasSubstr("'limits' must be a table"));
  EXPECT_THAT(Error("accept = 1"), HasSubstr("'accept' must be tables"));
  EXPECT_THAT(Error("accept = [1]"), HasSubstr("'accept' must be tables"));
  EXPECT_EQ(Error("a\xc3\xa4 = 1"),
            "c.toml:1:2: only strings and comments hold anything but ASCII");
}

TEST(Configuration, AnAcceptanceWantsAllThree) {
  EXPECT_EQ(Error("[[accept]]\n"),
            "c.toml:1:1: [[accept]] wants 'fingerprint'\n"
            "c.toml:1:1: [[accept]] wants 'reason'\n"
            "c.toml:1:1: [[accept]] wants 'expires'");
  EXPECT_THAT(Error("[[accept]]\nfingerprint = \"abc\"\nreason = \"x\"\n"
                    "expires = 2027-01-31\n"),
              HasSubstr("c.toml:2:15: a fingerprint has 32"));
  EXPECT_THAT(Error("[[accept]]\nexpires = \"2027-01-31\"\n"),
              HasSubstr("'expires' must be a day"));
  EXPECT_THAT(Error("[[accept]]\nexpires = 2027-02-30\n"),
              HasSubstr("c.toml:2:"));
  EXPECT_THAT(Error("[[accept]]\nreason = \"\"\n"),
              HasSubstr("'reason' must be a string, and not empty"));
  EXPECT_THAT(Error("[[accept]]\nfor = \"ever\"\n"),
              HasSubstr("unknown key 'for' in [[accept]]"));
}

TEST(Configuration, ThatIsNotThereIsSaid) {
  EXPECT_TRUE(
      absl::IsNotFound(Configuration::FromFile("/nowhere.toml").status()));
  EXPECT_FALSE(Configuration::FromFile("/").ok());
}

}  // namespace
}  // namespace picklebox
