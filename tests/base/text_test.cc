#include "base/text.h"

#include <gtest/gtest.h>

#include <random>

namespace picklebox::base {
namespace {

// The rules of UTF-8 as the standard states them, one character at a time:
// the code point at `pos`, or -1. Surrogates pass.
int64_t NaiveDecode(absl::string_view text, size_t* pos) {
  const auto byte = [&](size_t i) {
    return static_cast<uint32_t>(static_cast<uint8_t>(text[i]));
  };
  const uint32_t first = byte(*pos);
  int size = 0;
  uint32_t value = 0;
  uint32_t lowest = 0;
  if (first < 0x80) {
    size = 1, value = first, lowest = 0;
  } else if ((first & 0xe0) == 0xc0) {
    size = 2, value = first & 0x1f, lowest = 0x80;
  } else if ((first & 0xf0) == 0xe0) {
    size = 3, value = first & 0x0f, lowest = 0x800;
  } else if ((first & 0xf8) == 0xf0) {
    size = 4, value = first & 0x07, lowest = 0x10000;
  } else {
    return -1;
  }
  for (int i = 1; i < size; ++i) {
    if (*pos + i >= text.size() || (byte(*pos + i) & 0xc0) != 0x80) return -1;
    value = value << 6 | (byte(*pos + i) & 0x3f);
  }
  if (value < lowest || value > 0x10ffff) return -1;
  *pos += static_cast<size_t>(size);
  return value;
}

size_t NaiveFindInvalid(absl::string_view text) {
  for (size_t pos = 0; pos < text.size();) {
    if (NaiveDecode(text, &pos) < 0) return pos;
  }
  return kValid;
}

size_t FindInvalid(absl::string_view text) {
  return FindInvalidUtf8(text.data(), text.size());
}

bool StreamAccepts(absl::string_view text, size_t split) {
  Utf8Stream stream;
  return stream.Feed(text.data(), split) &&
         stream.Feed(text.data() + split, text.size() - split) &&
         stream.Finish();
}

TEST(Utf8, EveryTextOfUpToThreeBytes) {
  std::string text;
  for (size_t size = 1; size <= 3; ++size) {
    text.assign(size, '\0');
    for (uint32_t number = 0; number < 1u << (8 * size); ++number) {
      for (size_t i = 0; i < size; ++i) {
        text[i] = static_cast<char>(number >> (8 * i));
      }
      const size_t expected = NaiveFindInvalid(text);
      ASSERT_EQ(FindInvalid(text), expected) << number;
      ASSERT_EQ(StreamAccepts(text, number % (size + 1)), expected == kValid)
          << number;
    }
  }
}

TEST(Utf8, FourBytesAtTheirEdges) {
  for (const int first : {0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff}) {
    for (int second = 0; second < 256; ++second) {
      for (const int third : {0x7f, 0x80, 0xbf, 0xc0}) {
        for (const int fourth : {0x7f, 0x80, 0xbf, 0xc0}) {
          std::string text;
          for (const int byte : {first, second, third, fourth}) {
            text.push_back(static_cast<char>(byte));
          }
          ASSERT_EQ(FindInvalid(text), NaiveFindInvalid(text));
        }
      }
    }
  }
}

TEST(Utf8, FaultsAreFoundAmongAscii) {
  for (size_t size = 1; size < 40; ++size) {
    for (size_t where = 0; where < size; ++where) {
      std::string text(size, 'a');
      EXPECT_EQ(FindInvalid(text), kValid);
      text[where] = '\xff';
      EXPECT_EQ(FindInvalid(text), where);
    }
  }
}

TEST(Utf8, EveryCodePointRoundTrips) {
  for (uint32_t code_point = 0; code_point <= 0x10ffff; ++code_point) {
    std::string text;
    AppendUtf8(code_point, &text);
    ASSERT_EQ(FindInvalid(text), kValid) << code_point;
    size_t pos = 0;
    ASSERT_EQ(DecodeUtf8(text, &pos), code_point);
    ASSERT_EQ(pos, text.size());
  }
}

TEST(Utf8Stream, KnowsAscii) {
  Utf8Stream stream;
  EXPECT_TRUE(stream.Feed("abc", 3));
  EXPECT_TRUE(stream.ascii());
  EXPECT_TRUE(stream.Feed("\xc3", 1));
  EXPECT_FALSE(stream.Finish());
  EXPECT_TRUE(stream.Feed("\xa9", 1));
  EXPECT_TRUE(stream.Finish());
  EXPECT_FALSE(stream.ascii());
}

bool NaiveIsAttributeName(absl::string_view text) {
  if (text.empty() || absl::string_view("0123456789").find(text[0]) !=
                          absl::string_view::npos) {
    return false;
  }
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit && c != '_' && static_cast<uint8_t>(c) < 0x80) {
      return false;
    }
  }
  return text.size() < 4 || text.substr(0, 2) != "__" ||
         text.substr(text.size() - 2) != "__";
}

bool NaiveIsAscii(absl::string_view text) {
  for (const char c : text) {
    if (static_cast<uint8_t>(c) >= 0x80) return false;
  }
  return true;
}

void ExpectExamined(absl::string_view text) {
  const TextTraits traits = Examine(text);
  ASSERT_EQ(traits.ascii, NaiveIsAscii(text)) << EscapeAscii(text);
  ASSERT_EQ(traits.attribute_name, NaiveIsAttributeName(text))
      << EscapeAscii(text);
  if (text.size() > kPadded) return;
  // What follows a text in memory must not matter.
  for (const char next : {'\0', '_', 'a', '\xff'}) {
    std::string padded(text);
    padded.resize(kPadded, next);
    const TextTraits same = ExaminePadded(
        reinterpret_cast<const uint8_t*>(padded.data()), text.size());
    ASSERT_EQ(same.ascii, traits.ascii) << EscapeAscii(text);
    ASSERT_EQ(same.attribute_name, traits.attribute_name) << EscapeAscii(text);
  }
}

TEST(Examine, EveryByteAtEveryPlace) {
  ExpectExamined("");
  for (size_t size = 1; size < 35; ++size) {
    for (size_t where = 0; where < size; ++where) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'x');
        text[where] = static_cast<char>(byte);
        ExpectExamined(text);
      }
    }
  }
}

TEST(Examine, Names) {
  for (const char* const name :
       {"a", "_", "__", "___", "_a_", "__a", "a__", "__a_", "caf\xc3\xa9"}) {
    EXPECT_TRUE(IsAttributeName(name)) << name;
  }
  for (const char* const name :
       {"", "1a", "____", "__a__", "__class__", "_____", "a b", "a.b", "a-b",
        "a\n", "[", "@", "`", "{"}) {
    EXPECT_FALSE(IsAttributeName(name)) << name;
  }
}

TEST(Examine, RandomTexts) {
  std::mt19937 random(1);
  const absl::string_view letters = "abzAZ09__/:@[`{\x7f\xc3";
  for (int round = 0; round < 200'000; ++round) {
    std::string text(random() % 24, ' ');
    for (char& c : text) {
      c = random() % 8 == 0 ? letters[random() % letters.size()] : 'q';
    }
    ExpectExamined(text);
  }
}

TEST(EscapeAscii, ShowsWhatCannotBePrinted) {
  EXPECT_EQ(EscapeAscii("plain text: ok?~"), "plain text: ok?~");
  EXPECT_EQ(EscapeAscii("a\\b"), "a\\\\b");
  EXPECT_EQ(EscapeAscii("\n\r\t\x1b[0m\x7f"), "\\n\\r\\t\\x1b[0m\\x7f");
  EXPECT_EQ(EscapeAscii(absl::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(EscapeAscii("caf\xc3\xa9 \xe2\x80\xae \xf0\x9f\x98\x80"),
            "caf\\xe9 \\u202e \\U0001f600");
  EXPECT_EQ(EscapeAscii("\xed\xa0\x80"), "\\ud800");
  EXPECT_EQ(EscapeAscii("a\xff"
                        "b\xc3"),
            "a\\xff"
            "b\\xc3");
  EXPECT_EQ(EscapeAscii("it's \"it\"", '\''), "it\\'s \"it\"");
  EXPECT_EQ(EscapeAscii("it's \"it\"", '"'), "it's \\\"it\\\"");
}

TEST(EscapeAscii, LeavesNoCommandToALog) {
  EXPECT_EQ(EscapeAscii("::error::x"), "\\x3a:error::x");
  EXPECT_EQ(EscapeAscii(":"), "\\x3a");
  EXPECT_EQ(EscapeAscii(":a"), ":a");
  EXPECT_EQ(EscapeAscii("a::b"), "a::b");
  EXPECT_EQ(EscapeAscii("##[group]"), "#\\x23[group]");
  EXPECT_EQ(EscapeAscii("a ##vso[b"), "a #\\x23vso[b");
  EXPECT_EQ(EscapeAscii("###[x"), "##\\x23[x");
  EXPECT_EQ(EscapeAscii("## [x] ##a b["), "## [x] ##a b[");
  EXPECT_EQ(EscapeAscii("::x", '\''), "::x");
}

TEST(EscapeJson, LeavesNoCommandToALog) {
  EXPECT_EQ(EscapeJson("##[group]"), "#\\u0023[group]");
  EXPECT_EQ(EscapeJson("## x"), "## x");
}

TEST(EscapeJson, SpellsLoneSurrogatesOnRequest) {
  EXPECT_EQ(EscapeJson("a\xed\xa0\x80z", Surrogates::kSpell), "a\\\\ud800z");
  EXPECT_EQ(EscapeJson("\xf0\x9f\x98\x80", Surrogates::kSpell),
            "\\ud83d\\ude00");
}

TEST(EscapeJson, IsAsciiOnly) {
  EXPECT_EQ(EscapeJson("a\"b\\c/"), "a\\\"b\\\\c/");
  EXPECT_EQ(EscapeJson("\n\x1b\x7f"), "\\u000a\\u001b\\u007f");
  EXPECT_EQ(EscapeJson("\xc3\xa9\xe2\x80\xa8"), "\\u00e9\\u2028");
  EXPECT_EQ(EscapeJson("\xf0\x9f\x98\x80"), "\\ud83d\\ude00");
  EXPECT_EQ(EscapeJson("\xed\xa0\x80"), "\\ud800");
  EXPECT_EQ(EscapeJson("a\xff\xfe"
                       "b"),
            "a\\ufffd\\ufffd"
            "b");
}

TEST(Escapes, ArePrintable) {
  std::mt19937 random(2);
  for (int round = 0; round < 50'000; ++round) {
    std::string text(random() % 12, ' ');
    for (char& c : text) c = static_cast<char>(random());
    for (const std::string& escaped : {EscapeAscii(text), EscapeJson(text)}) {
      for (const char c : escaped) {
        ASSERT_TRUE(c >= 0x20 && c < 0x7f) << escaped;
      }
    }
  }
  // A text that spells an escape is not the escape.
  EXPECT_NE(EscapeAscii("\\x1b"), EscapeAscii("\x1b"));
  EXPECT_NE(EscapeJson("\\u001b"), EscapeJson("\x1b"));
}

}  // namespace
}  // namespace picklebox::base
