// Expectations are what CPython 3.11 makes of the same bytes;
// python_readers_test.py asks it again, with many more.
#include "vm/codec.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace picklebox::vm {
namespace {

using ::testing::Eq;
using ::testing::Optional;

TEST(FindEncoding, KnowsNamesAndAliases) {
  EXPECT_EQ(FindEncoding("ASCII"), Encoding::kAscii);
  EXPECT_EQ(FindEncoding("us-ascii"), Encoding::kAscii);
  EXPECT_EQ(FindEncoding("latin1"), Encoding::kLatin1);
  EXPECT_EQ(FindEncoding("ISO_8859-1"), Encoding::kLatin1);
  EXPECT_EQ(FindEncoding("UTF-8"), Encoding::kUtf8);
  EXPECT_EQ(FindEncoding("utf_8_sig"), Encoding::kUtf8Sig);
  EXPECT_EQ(FindEncoding("utf-16-be"), Encoding::kUtf16Be);
  EXPECT_EQ(FindEncoding("raw_unicode_escape"), Encoding::kRawUnicodeEscape);
  EXPECT_EQ(FindEncoding("rot13"), Encoding::kUnknown);
  EXPECT_EQ(FindEncoding(""), Encoding::kUnknown);
}

TEST(FindEncoding, WantsBytesSpeltJustSo) {
  EXPECT_EQ(FindEncoding("bytes"), Encoding::kBytes);
  EXPECT_EQ(FindEncoding("BYTES"), Encoding::kUnknown);
  EXPECT_EQ(FindEncoding("Bytes"), Encoding::kUnknown);
}

TEST(FindOnError, KnowsTheHandlers) {
  EXPECT_EQ(FindOnError("strict"), OnError::kStrict);
  EXPECT_EQ(FindOnError("ignore"), OnError::kIgnore);
  EXPECT_EQ(FindOnError("replace"), OnError::kReplace);
  EXPECT_EQ(FindOnError("surrogateescape"), OnError::kSurrogateEscape);
  EXPECT_EQ(FindOnError("surrogatepass"), OnError::kSurrogatePass);
  EXPECT_EQ(FindOnError("backslashreplace"), OnError::kBackslashReplace);
  EXPECT_EQ(FindOnError("STRICT"), OnError::kUnknown);
}

std::optional<std::string> Ascii(absl::string_view bytes, OnError on_error) {
  return DecodeText(bytes, Encoding::kAscii, on_error);
}

TEST(DecodeText, GivesHighBytesToTheHandler) {
  EXPECT_THAT(Ascii("ab", OnError::kStrict), Optional(Eq("ab")));
  EXPECT_EQ(Ascii("a\xff", OnError::kStrict), std::nullopt);
  EXPECT_EQ(Ascii("a\xff", OnError::kSurrogatePass), std::nullopt);
  EXPECT_THAT(Ascii("a\xff", OnError::kIgnore), Optional(Eq("a")));
  EXPECT_THAT(Ascii("a\xff", OnError::kReplace), Optional(Eq("a\xef\xbf\xbd")));
  EXPECT_THAT(Ascii("a\xff", OnError::kSurrogateEscape),
              Optional(Eq("a\xed\xb3\xbf")));
  EXPECT_THAT(Ascii("a\xff", OnError::kBackslashReplace),
              Optional(Eq("a\\xff")));
}

TEST(DecodeText, Latin1TakesAll) {
  EXPECT_THAT(DecodeText("a\xe9\xff", Encoding::kLatin1, OnError::kStrict),
              Optional(Eq("a\xc3\xa9\xc3\xbf")));
}

std::optional<std::string> Utf8(absl::string_view bytes, OnError on_error) {
  return DecodeText(bytes, Encoding::kUtf8, on_error);
}

TEST(DecodeText, Utf8HasNoSurrogatesUnlessAsked) {
  constexpr absl::string_view kLone = "\xed\xa0\x80";
  EXPECT_EQ(Utf8(kLone, OnError::kStrict), std::nullopt);
  EXPECT_THAT(Utf8(kLone, OnError::kSurrogatePass), Optional(Eq(kLone)));
  EXPECT_THAT(Utf8(kLone, OnError::kBackslashReplace),
              Optional(Eq("\\xed\\xa0\\x80")));
}

TEST(DecodeText, Utf8ReplacesACutCharacterOnce) {
  EXPECT_THAT(Utf8("\xf0\x9f\x98z", OnError::kReplace),
              Optional(Eq("\xef\xbf\xbdz")));
  EXPECT_THAT(Utf8("\xc3z", OnError::kReplace), Optional(Eq("\xef\xbf\xbdz")));
  EXPECT_THAT(Utf8("\xc0\x80", OnError::kReplace),
              Optional(Eq("\xef\xbf\xbd\xef\xbf\xbd")));
}

TEST(DecodeText, Utf8SigDropsTheMark) {
  EXPECT_THAT(DecodeText("\xef\xbb\xbf"
                         "a",
                         Encoding::kUtf8Sig, OnError::kStrict),
              Optional(Eq("a")));
  EXPECT_THAT(Utf8("\xef\xbb\xbf"
                   "a",
                   OnError::kStrict),
              Optional(Eq("\xef\xbb\xbf"
                          "a")));
}

std::optional<std::string> Utf16(absl::string_view bytes, Encoding encoding) {
  return DecodeText(bytes, encoding, OnError::kStrict);
}

TEST(DecodeText, Utf16GoesByItsMark) {
  EXPECT_THAT(Utf16({"\xff\xfe"
                     "a\0",
                     4},
                    Encoding::kUtf16),
              Optional(Eq("a")));
  EXPECT_THAT(Utf16({"\xfe\xff\0a", 4}, Encoding::kUtf16), Optional(Eq("a")));
  EXPECT_THAT(Utf16({"a\0", 2}, Encoding::kUtf16), Optional(Eq("a")));
  EXPECT_THAT(Utf16({"\xff\xfe"
                     "a\0",
                     4},
                    Encoding::kUtf16Le),
              Optional(Eq("\xef\xbb\xbf"
                          "a")));
}

TEST(DecodeText, Utf16JoinsPairs) {
  EXPECT_THAT(Utf16("\xd8\x3d\xde\x00"
                    "",
                    Encoding::kUtf16Be),
              Eq(std::nullopt));
  EXPECT_THAT(Utf16({"\xd8\x3d\xde\x00", 4}, Encoding::kUtf16Be),
              Optional(Eq("\xf0\x9f\x98\x80")));
  EXPECT_EQ(Utf16({"\xde\x00", 2}, Encoding::kUtf16Be), std::nullopt);
  EXPECT_EQ(Utf16("a", Encoding::kUtf16Le), std::nullopt);
}

TEST(DecodeText, BytesStayAndTheUnknownFails) {
  EXPECT_THAT(DecodeText("\xff", Encoding::kBytes, OnError::kStrict),
              Optional(Eq("\xff")));
  EXPECT_EQ(DecodeText("a", Encoding::kUnknown, OnError::kStrict),
            std::nullopt);
}

TEST(DecodeText, UnicodeEscape) {
  const auto decode = [](absl::string_view text) {
    return DecodeText(text, Encoding::kUnicodeEscape, OnError::kStrict);
  };
  EXPECT_THAT(decode("\\x41\\u00e9\\U0001f600\\n\\101\xe9"),
              Optional(Eq("A\xc3\xa9\xf0\x9f\x98\x80\nA\xc3\xa9")));
  EXPECT_THAT(decode("\\q"), Optional(Eq("\\q")));
  EXPECT_EQ(decode("\\"), std::nullopt);
  EXPECT_EQ(decode("\\U00110000"), std::nullopt);
}

TEST(UnescapeString, KnowsTheEscapesOfBytes) {
  EXPECT_THAT(UnescapeString("\\n\\t\\r\\a\\b\\f\\v\\\\\\'\\\""),
              Optional(Eq("\n\t\r\a\b\f\v\\'\"")));
  EXPECT_THAT(UnescapeString("\\x41\\1011\\7"), Optional(Eq("AA1\a")));
  EXPECT_THAT(UnescapeString("\\400"), Optional(Eq(std::string(1, '\0'))));
  EXPECT_THAT(UnescapeString("a\\\nb"), Optional(Eq("ab")));
  EXPECT_THAT(UnescapeString("\\q\\u0041\\N"), Optional(Eq("\\q\\u0041\\N")));
}

TEST(UnescapeString, RefusesWhatIsCutOff) {
  EXPECT_EQ(UnescapeString("a\\"), std::nullopt);
  EXPECT_EQ(UnescapeString("\\x"), std::nullopt);
  EXPECT_EQ(UnescapeString("\\x4"), std::nullopt);
  EXPECT_EQ(UnescapeString("\\xg0"), std::nullopt);
}

TEST(DecodeRawUnicodeEscape, IsLatin1WithTwoEscapes) {
  EXPECT_THAT(DecodeRawUnicodeEscape("a\xe9"), Optional(Eq("a\xc3\xa9")));
  EXPECT_THAT(DecodeRawUnicodeEscape("\\u0041\\U0001F600"),
              Optional(Eq("A\xf0\x9f\x98\x80")));
  EXPECT_THAT(DecodeRawUnicodeEscape("\\n\\x41\\"), Optional(Eq("\\n\\x41\\")));
}

TEST(DecodeRawUnicodeEscape, CountsBackslashes) {
  EXPECT_THAT(DecodeRawUnicodeEscape("\\\\u0041"), Optional(Eq("\\\\u0041")));
  EXPECT_THAT(DecodeRawUnicodeEscape("\\\\\\u0041"), Optional(Eq("\\\\A")));
}

TEST(DecodeRawUnicodeEscape, DoesNotJoinSurrogates) {
  EXPECT_THAT(DecodeRawUnicodeEscape("\\ud83d\\ude00"),
              Optional(Eq("\xed\xa0\xbd\xed\xb8\x80")));
}

TEST(DecodeRawUnicodeEscape, RefusesBadEscapes) {
  EXPECT_EQ(DecodeRawUnicodeEscape("\\u004"), std::nullopt);
  EXPECT_EQ(DecodeRawUnicodeEscape("\\u"), std::nullopt);
  EXPECT_EQ(DecodeRawUnicodeEscape("\\U00110000"), std::nullopt);
  EXPECT_EQ(DecodeRawUnicodeEscape("\\u00g0"), std::nullopt);
}

}  // namespace
}  // namespace picklebox::vm
