// Headers of .npy files: what NumPy writes, and what it does not.
#include "container/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace picklebox::container {
namespace {

using std::string_literals::operator""s;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

NpyHeader Good(absl::string_view text) {
  NpyHeader header;
  const char* const fault = ParseNpyHeader(text, &header);
  EXPECT_EQ(fault, nullptr) << text << ": " << fault;
  return header;
}

std::string Fault(absl::string_view text) {
  NpyHeader header;
  const char* const fault = ParseNpyHeader(text, &header);
  return fault == nullptr ? "" : fault;
}

TEST(NpyHeader, OfANumericArray) {
  const NpyHeader header =
      Good("{'descr': '<f8', 'fortran_order': True, 'shape': (3, 2), }     \n");
  EXPECT_TRUE(header.known);
  EXPECT_FALSE(header.objects);
  EXPECT_EQ(header.dtype, "<f8");
  EXPECT_TRUE(header.fortran);
  EXPECT_THAT(header.shape, ElementsAre(3, 2));
  EXPECT_EQ(header.length, 48u);
}

TEST(NpyHeader, ShapesOfAllRanks) {
  EXPECT_THAT(
      Good("{'descr': '|u1', 'fortran_order': False, 'shape': (), }").shape,
      ElementsAre());
  EXPECT_THAT(
      Good("{'descr': '|u1', 'fortran_order': False, 'shape': (5,), }").shape,
      ElementsAre(5));
  EXPECT_THAT(
      Good("{'descr': '|u1', 'fortran_order': False, 'shape': (10L, 2L), }")
          .shape,
      ElementsAre(10, 2));
  EXPECT_EQ(Good("{'descr': '|u1', 'fortran_order': False, 'shape': (0, 4), }")
                .length,
            0u);
}

TEST(NpyHeader, OrderOfKeysAndQuotesDoNotMatter) {
  const NpyHeader header =
      Good("{\"shape\":(2,),'descr':\"<i4\",'fortran_order':False}");
  EXPECT_EQ(header.dtype, "<i4");
  EXPECT_EQ(header.length, 8u);
}

TEST(NpyHeader, Records) {
  const NpyHeader header = Good(
      "{'descr': [('a', '<f4'), ('b', [('c', '|S3')], (2,)), ('', '|V2')], "
      "'fortran_order': False, 'shape': (2,), }");
  EXPECT_EQ(header.dtype,
            "[('a', '<f4'), ('b', [('c', '|S3')], (2,)), ('', '|V2')]");
  EXPECT_EQ(header.length, 24u);
}

std::string DtypeOf(absl::string_view descr) {
  const NpyHeader header = Good(absl::StrCat(
      "{'descr': ", descr, ", 'fortran_order': False, 'shape': (2,), }"));
  EXPECT_TRUE(header.known) << descr;
  return header.dtype;
}

TEST(NpyHeader, NamesOfFields) {
  EXPECT_EQ(DtypeOf("[(\"it's\", '<f8')]"), "[('it\\'s', '<f8')]");
  EXPECT_EQ(DtypeOf("[('say \"a\"', '<f8')]"), "[('say \"a\"', '<f8')]");
  EXPECT_EQ(DtypeOf("[('\\'\"', '<f8'), ('b', '<i4')]"),
            "[('\\'\"', '<f8'), ('b', '<i4')]");
  EXPECT_EQ(DtypeOf("[('a\\\\b', '<f8')]"), "[('a\\\\b', '<f8')]");
  EXPECT_EQ(DtypeOf("[('caf\\xe9', '<f8')]"), "[('caf\u00e9', '<f8')]");
  EXPECT_EQ(DtypeOf("[('\\u03c0', '<f8')]"), "[('\u03c0', '<f8')]");
  // What a dtype of a graph has no spelling for is not known.
  EXPECT_FALSE(Good("{'descr': [('a\\x01', '<f8')], 'fortran_order': False, "
                    "'shape': (2,), }")
                   .known);
  EXPECT_NE(Fault("{'descr': [('a\\q', '<f8')], 'fortran_order': False, "
                  "'shape': (2,), }"),
            "");
  EXPECT_NE(Fault("{'descr': [('a\\ud800', '<f8')], 'fortran_order': False, "
                  "'shape': (2,), }"),
            "");
}

TEST(NpyHeader, TitlesAreOtherNames) {
  EXPECT_EQ(DtypeOf("[(('a title', 'a'), '<f8'), ('b', '<i4', (2,))]"),
            "[(('a title', 'a'), '<f8'), ('b', '<i4', (2,))]");
  const NpyHeader objects = Good(
      "{'descr': [(('O', 'a'), '|O')], 'fortran_order': False, "
      "'shape': (2,), }");
  EXPECT_TRUE(objects.objects);
  for (const absl::string_view descr :
       {"[(('t', 'a', 'b'), '<f8')]", "[(('t',), '<f8')]",
        "[((3, 'a'), '<f8')]", "[((), '<f8')]",
        "[(('t', ('u', 'a')), '<f8')]"}) {
    EXPECT_NE(Fault(absl::StrCat("{'descr': ", descr,
                                 ", 'fortran_order': False, 'shape': (2,), }")),
              "")
        << descr;
  }
}

TEST(NpyHeader, Objects) {
  for (const absl::string_view descr :
       {"'|O'", "'O'", "'|O8'", "'object'", "[('a', '<i4'), ('b', '|O')]",
        "[('a', [('b', 'O')])]", "[('O', '|O')]"}) {
    const NpyHeader header = Good(absl::StrCat(
        "{'descr': ", descr, ", 'fortran_order': False, 'shape': (2,), }"));
    EXPECT_TRUE(header.objects) << descr;
  }
  EXPECT_FALSE(Good("{'descr': [('O', '<i4')], 'fortran_order': False, "
                    "'shape': (2,), }")
                   .objects);
}

// NumPy reads some of these, but never writes them: what they are is left open.
TEST(NpyHeader, OddTypesAreNotKnown) {
  for (const absl::string_view descr :
       {"'f8'", "'=f8'", "'float64'", "('<f8', (2,))",
        "[('a', '<f8'), ('b', 3)]", "['<f8']", "'|S0'"}) {
    EXPECT_FALSE(Good(absl::StrCat("{'descr': ", descr,
                                   ", 'fortran_order': False, 'shape': (2,)}"))
                     .known)
        << descr;
  }
}

TEST(NpyHeader, LiesAndCode) {
  const auto with_shape = [](absl::string_view shape) {
    return Fault(absl::StrCat(
        "{'descr': '<f8', 'fortran_order': False, 'shape': ", shape, "}"));
  };
  for (const absl::string_view shape :
       {"(-1,)", "(1.5,)", "(2", "2", "(2)", "[2]", "('2',)", "(2,,)",
        "(0x10,)", "(99999999999999999999,)", "(True,)", "(2 3,)"}) {
    EXPECT_THAT(with_shape(shape), HasSubstr("shape")) << shape;
  }
  EXPECT_THAT(with_shape("(1152921504606846976,)"), HasSubstr("2^63"));
  EXPECT_THAT(with_shape("(4294967296, 4294967296)"), HasSubstr("2^63"));
  for (const absl::string_view text :
       {"", "{", "[]", "{}", "{'descr': '<f8'}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,)} x",
        "{'descr': '<f8', 'fortran_order': 0, 'shape': (2,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'x': 1}",
        "{'descr': '<f8', 'descr': '|O', 'fortran_order': False, 'shape': ()}",
        "{'descr': __import__('os'), 'fortran_order': False, 'shape': (2,)}",
        "{'descr': b'<f8', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '\\x7cO', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '|' 'O', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': None, 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), **{}}"}) {
    EXPECT_NE(Fault(text), "") << text;
  }
  std::string deep = "{'descr': ";
  for (int i = 0; i < 100000; ++i) deep += "[";
  EXPECT_NE(Fault(deep), "");
}

const char* Read(const std::string& file, NpyHeader* header) {
  base::Window in(absl::Span<const uint8_t>(
      reinterpret_cast<const uint8_t*>(file.data()), file.size()));
  return ReadNpyHeader(in, header);
}

TEST(NpyHeader, VersionsAndLengths) {
  const std::string text =
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }  \n";
  const std::string size(1, static_cast<char>(text.size()));
  NpyHeader header;
  ASSERT_EQ(Read("\x93NUMPY\x01\0"s + size + "\0"s + text, &header), nullptr);
  EXPECT_EQ(header.data, 10 + text.size());
  EXPECT_EQ(header.length, 16u);
  ASSERT_EQ(Read("\x93NUMPY\x02\0"s + size + "\0\0\0"s + text, &header),
            nullptr);
  EXPECT_EQ(header.data, 12 + text.size());
  EXPECT_EQ(Read("\x93NUMPY\x03\0"s + size + "\0\0\0"s + text, &header),
            nullptr);
  EXPECT_NE(Read("\x93NUMPY\x04\0"s + size + "\0\0\0"s + text, &header),
            nullptr);
  EXPECT_NE(Read("\x93NUMPY\x01\x01"s + size + "\0"s + text, &header), nullptr);
  EXPECT_NE(Read("\x93NUMPY\x01\0\xff\xff"s + text, &header), nullptr);
  EXPECT_NE(Read("\x93NUMPY\x02\0\xff\xff\xff\xff"s + text, &header), nullptr);
  EXPECT_NE(Read("\x93NUMPY\x01\0"s, &header), nullptr);
  EXPECT_NE(Read("\x93NUMP"s, &header), nullptr);
}

}  // namespace
}  // namespace picklebox::container
