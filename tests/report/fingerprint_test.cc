#include "report/fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "picklebox/acceptance.h"
#include "report/sha256.h"
#include "sample_files.h"

namespace picklebox::report {
namespace {

std::string HashOf(absl::string_view text) {
  Sha256 hash;
  hash.Update(text);
  return hash.HexDigest();
}

TEST(Sha256, GivesWhatTheStandardGives) {
  EXPECT_EQ(HashOf(""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HashOf("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(HashOf("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(HashOf(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotCareHowItIsFed) {
  const std::string text(300, 'x');
  for (size_t size = 0; size <= text.size(); ++size) {
    for (const size_t piece : {1, 7, 63, 64, 65}) {
      Sha256 hash;
      for (size_t at = 0; at < size; at += piece) {
        hash.Update(
            absl::string_view(text).substr(at, std::min(piece, size - at)));
      }
      ASSERT_EQ(hash.HexDigest(), HashOf(text.substr(0, size)));
    }
  }
}

TEST(Fingerprints, AreOfAFindingAndNotOfAPath) {
  FileReport file = DeniedFile();
  const std::vector<std::string> before = Fingerprints(file, "content");
  ASSERT_EQ(before.size(), 2);
  EXPECT_TRUE(IsFingerprint(before[0]));
  EXPECT_NE(before[0], before[1]);
  file.path = "elsewhere.pkl";
  EXPECT_EQ(Fingerprints(file, "content"), before);
  // The global tells the finding, wherever it moves to.
  file.findings[0].offset = 4000;
  file.findings[0].message = "in other words";
  EXPECT_EQ(Fingerprints(file, "content"), before);
}

TEST(Fingerprints, DifferInWhatMatters) {
  std::set<std::string> prints = {Fingerprints(DeniedFile(), "content")[0]};
  const auto add = [&](const FileReport& file, absl::string_view content) {
    EXPECT_TRUE(prints.insert(Fingerprints(file, content)[0]).second);
  };
  add(DeniedFile(), "other content");
  FileReport file = DeniedFile();
  file.globals[1].raw_qualname = "popen";
  add(file, "content");
  file = DeniedFile();
  file.findings[0].code = Code::kUseDenied;
  add(file, "content");
  file = DeniedFile();
  file.findings[0].detail = "dotted";
  add(file, "content");
  file = DeniedFile();
  file.findings[0].member = file.globals[1].member = "other.pkl";
  add(file, "content");
  file = DeniedFile();
  file.findings[0].code = Code::kStateTwice;
  add(file, "content");
  file.findings[0].offset = 29;
  add(file, "content");
}

TEST(Fingerprints, TellTwoAlikeApart) {
  FileReport file = DeniedFile();
  file.findings[0] = file.findings[1];
  const std::vector<std::string> prints = Fingerprints(file, "content");
  EXPECT_NE(prints[0], prints[1]);
}

TEST(SetFingerprints, WantsAHashOfWhatDidNotChange) {
  FileReport file = DeniedFile();
  SetFingerprints(&file);
  EXPECT_EQ(file.findings[0].fingerprint, "");
  file.sha256 = HashOf("x");
  SetFingerprints(&file);
  EXPECT_EQ(file.findings[0].fingerprint, Fingerprints(file, file.sha256)[0]);
  file = DeniedFile();
  file.sha256 = HashOf("x");
  Finding changed;
  changed.code = Code::kInputChanged;
  file.findings.push_back(changed);
  SetFingerprints(&file);
  EXPECT_EQ(file.findings[0].fingerprint, "");
  EXPECT_EQ(file.sha256, "");
}

}  // namespace
}  // namespace picklebox::report
