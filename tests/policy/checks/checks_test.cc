// The checks of values: what real releases write passes, and what crashes them
// does not. tests/policy/checks/break_numpy.py shows the crashes.
#include "policy/checks/checks.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/policy/pickle.h"

namespace picklebox::policy {
namespace {

using ::testing::HasSubstr;

class ChecksTest : public ::testing::Test {
 protected:
  ChecksTest() : p_(Policy::Default()) {}

  NodeId None() { return p_->None(); }
  NodeId Int(int64_t value) { return p_->Int(value); }
  NodeId Str(absl::string_view text) { return p_->Str(text); }
  NodeId Tuple(const std::vector<NodeId>& items) { return p_->Tuple(items); }
  NodeId Dict(const std::vector<std::pair<std::string, NodeId>>& items) {
    const NodeId dict = p_->Dict();
    for (const auto& [key, value] : items) {
      const NodeId pair[] = {p_->Str(key), value};
      p_->SetItems(dict, pair, 0);
    }
    return dict;
  }
  NodeId List(size_t count) {
    const NodeId list = p_->List();
    const std::vector<NodeId> items(count, Int(1));
    if (count > 0) p_->Append(list, items, 0);
    return list;
  }

  NodeId Dtype(absl::string_view description) {
    return p_.Call("numpy:dtype",
                   {Str(description), p_->Bool(false), p_->Bool(true)});
  }
  NodeId State(NodeId subarray, NodeId names, NodeId fields, int64_t itemsize,
               int64_t alignment, int64_t flags) {
    return Tuple({Int(3), Str("<"), subarray, names, fields, Int(itemsize),
                  Int(alignment), Int(flags)});
  }
  // A type as NumPy writes it.
  NodeId Plain(absl::string_view description, int64_t itemsize = -1,
               int64_t alignment = -1, int64_t flags = 0) {
    const NodeId dtype = Dtype(description);
    p_.Build(dtype, State(None(), None(), None(), itemsize, alignment, flags));
    return dtype;
  }
  NodeId Object() { return Plain("O8", -1, -1, 63); }

  struct Field {
    std::string name;
    NodeId dtype;
    int64_t offset;
  };
  NodeId Fields(const std::vector<Field>& fields, NodeId* names) {
    std::vector<NodeId> list;
    std::vector<std::pair<std::string, NodeId>> items;
    for (const Field& field : fields) {
      list.push_back(Str(field.name));
      items.emplace_back(field.name, Tuple({field.dtype, Int(field.offset)}));
    }
    *names = Tuple(list);
    return Dict(items);
  }
  NodeId Record(const std::vector<Field>& fields, int64_t itemsize,
                int64_t alignment, int64_t flags) {
    NodeId names;
    const NodeId dict = Fields(fields, &names);
    const NodeId dtype = Dtype(absl::StrCat("V", itemsize));
    p_.Build(dtype, State(None(), names, dict, itemsize, alignment, flags));
    return dtype;
  }

  NodeId Array(const std::vector<int64_t>& shape, NodeId dtype, NodeId data) {
    const NodeId array =
        p_.Call("numpy.core.multiarray:_reconstruct",
                {p_.Global("numpy:ndarray"), Tuple({Int(0)}), p_->Bytes("b")});
    std::vector<NodeId> dims;
    for (const int64_t dim : shape) dims.push_back(Int(dim));
    p_.Build(array, Tuple({Int(1), Tuple(dims), dtype, p_->Bool(false), data}));
    return array;
  }
  NodeId Bytes(size_t size) { return p_->Bytes(std::string(size, 'x')); }

  uint64_t denials() const { return p_.judge().denials(); }
  // The first finding that a check made.
  std::string Fault() {
    for (const Finding& finding : p_.Report().findings) {
      if (finding.code == Code::kValueDenied)
        return absl::StrCat(finding.detail, ": ", finding.message);
    }
    return "";
  }

  Pickle p_;
};

TEST_F(ChecksTest, TypesThatNumPyWrites) {
  Plain("f8");
  Plain("b1");
  Plain("c16");
  Plain("f16");
  Plain("S5", 5, 1);
  Plain("S0", 0, 1);
  Plain("U3", 12, 4, 8);
  Plain("V8", 8, 1);
  Object();
  Record({{"a", Plain("f8"), 0}, {"b", Plain("i4"), 8}}, 12, 1, 16);
  Record({{"a", Plain("f8"), 0}, {"b", Plain("i4"), 8}}, 16, 8, -112);
  Record({{"a", Plain("f8"), 0}, {"b", Plain("i4"), 8}}, 16, 8, 144);
  Record({{"a", Object(), 0}, {"b", Plain("i4"), 8}}, 12, 1, 27);
  Record({{"a", Plain("U2", 8, 4, 8), 0}}, 8, 1, 24);
  Record({}, 0, 1, 16);
  const NodeId pair = Dtype("V16");
  p_.Build(pair, State(Tuple({Plain("f8"), Tuple({Int(2)})}), None(), None(),
                       16, 8, 0));
  Record({{"a", pair, 0}}, 16, 1, 16);
  const NodeId titled = Tuple({Plain("f8"), Int(0), Str("title")});
  p_.Build(Dtype("V8"),
           State(None(), Tuple({Str("a")}),
                 Dict({{"a", titled}, {"title", titled}}), 8, 1, 16));
  const NodeId record = p_.Call("numpy:dtype", {p_.Global("numpy:record")});
  p_.Build(record,
           State(None(), Tuple({Str("a")}),
                 Dict({{"a", Tuple({Plain("i4"), Int(0)})}}), 4, 1, 16));
  const NodeId date = Dtype("M8");
  p_.Build(
      date,
      Tuple({Int(4), Str("<"), None(), None(), None(), Int(-1), Int(-1), Int(0),
             Tuple({p_->Dict(),
                    Tuple({p_->Bytes("ns"), Int(1), Int(1), Int(1)})})}));
  EXPECT_EQ(Fault(), "");
  EXPECT_EQ(denials(), 0u);
}

TEST_F(ChecksTest, TypesThatNoNumPyWrites) {
  const NodeId f8 = Plain("f8");
  const NodeId object = Object();
  NodeId names;
  const NodeId fields = Fields({{"a", f8, 0}}, &names);
  const struct {
    const char* description;
    NodeId state;
    const char* fault;
  } kCases[] = {
      {"f8", State(None(), None(), None(), -1, -1, 63), "flags"},
      {"f8", State(None(), None(), None(), -1, -1, 1), "flags"},
      {"f8", State(None(), None(), None(), 4, 4, 0), "size"},
      {"f8", State(None(), names, fields, 8, 1, 16), "only a type V"},
      {"O8", State(None(), None(), None(), -1, -1, 0), "flags"},
      {"S5", State(None(), None(), None(), 50, 1, 0), "size"},
      {"S5", State(None(), None(), None(), -1, -1, 0), "size"},
      {"V8", State(None(), names, None(), 8, 1, 16), "not both"},
      {"V8", State(None(), None(), fields, 8, 1, 16), "not both"},
      {"V8", State(None(), names, fields, 8, 3, 16), "alignment"},
      {"V8", State(None(), names, fields, 8, 1, 27), "flags"},
      {"V8", State(None(), names, p_->Dict(), 8, 1, 16), "no field"},
      {"V8", State(None(), Tuple({}), fields, 8, 1, 16), "has no name"},
      {"V4", State(None(), names, fields, 4, 1, 16), "beyond the item"},
      {"V8",
       State(None(), names, Dict({{"a", Tuple({f8, Int(-8)})}}), 8, 1, 16),
       "beyond the item"},
      {"V8",
       State(None(), names, Dict({{"a", Tuple({f8, Int(INT64_MAX)})}}), 8, 1,
             16),
       "beyond the item"},
      {"V8",
       State(None(), names, Dict({{"a", Tuple({object, Int(0)})}}), 8, 1, 0),
       "holds objects"},
      {"V8",
       State(None(), names, Dict({{"a", Tuple({Str("f8"), Int(0)})}}), 8, 1,
             16),
       "no known type"},
      {"V16",
       State(None(), Tuple({Str("a"), Str("b")}),
             Dict({{"a", Tuple({object, Int(0)})}, {"b", Tuple({f8, Int(4)})}}),
             16, 1, 27),
       "overlaps"},
      {"V8", State(Tuple({f8, Tuple({Int(2)})}), None(), None(), 8, 8, 0),
       "array within"},
      {"V8", State(Tuple({f8, Tuple({Int(-1)})}), None(), None(), 8, 8, 0),
       "no type or no shape"},
      {"V8", p_.Dict("x"), "no tuple"},
      {"V8", Tuple({Int(3), Str("<")}), "no tuple of 8 or 9"},
  };
  for (const auto& test : kCases) {
    const uint64_t before = denials();
    p_.Build(Dtype(test.description), test.state);
    EXPECT_GT(denials(), before) << test.description << " " << test.fault;
    const std::string message = p_.judge().findings().empty()
                                    ? ""
                                    : p_.judge().findings().back().message;
    if (p_.judge().findings().back().code == Code::kValueDenied) {
      EXPECT_THAT(message, HasSubstr(test.fault)) << test.description;
    }
  }
}

TEST_F(ChecksTest, DescriptionsThatNoNumPyWrites) {
  for (const char* text :
       {"f7", "f", "O", "V99999999999", "S4294967296", "i8,i8", "datetime64",
        "(2,)f8", "U999999999", "", "<", "x4", "O8x", "f-8"}) {
    const uint64_t before = denials();
    Dtype(text);
    EXPECT_GT(denials(), before) << text;
  }
  for (const char* text : {"f8", "<f8", ">i4", "|b1", "?", "U0", "V0", "O4"}) {
    const uint64_t before = denials();
    Dtype(text);
    EXPECT_EQ(denials(), before) << text;
  }
}

TEST_F(ChecksTest, AUsedTypeIsNotChanged) {
  const NodeId dtype = Dtype("S4");
  Array({2}, dtype, Bytes(8));
  EXPECT_EQ(denials(), 0u);
  p_.Build(dtype, State(None(), None(), None(), 4, 1, 0));
  EXPECT_THAT(Fault(), HasSubstr("after it was used"));
}

TEST_F(ChecksTest, FieldsAreNotChangedLater) {
  NodeId names;
  const NodeId f8 = Plain("f8");
  const NodeId fields = Fields({{"a", f8, 0}}, &names);
  p_.Build(Dtype("V8"), State(None(), names, fields, 8, 1, 16));
  EXPECT_EQ(denials(), 0u);
  const NodeId pair[] = {Str("a"), Tuple({f8, Int(1000)})};
  p_->SetItems(fields, pair, 0);
  EXPECT_THAT(Fault(), HasSubstr("changed later"));
}

TEST_F(ChecksTest, ArraysHaveAsManyBytesAsTheySay) {
  Array({3}, Plain("f8"), Bytes(24));
  Array({}, Plain("f8"), Bytes(8));
  Array({0, 3}, Plain("f8"), Bytes(0));
  Array({2, 2}, Plain("U1", 4, 4, 8), Bytes(16));
  Array({2}, Object(), List(2));
  Array({0}, Object(), List(0));
  EXPECT_EQ(denials(), 0u);
  const std::vector<std::function<void()>> kBad = {
      [&] { Array({3}, Plain("f8"), Bytes(23)); },
      [&] {
        Array({int64_t{1} << 62, 4}, Plain("f8"), Bytes(0));
      },
      [&] { Array({-1}, Plain("f8"), Bytes(8)); },
      [&] { Array({3}, Plain("f8"), List(3)); },
      [&] { Array({3}, Object(), List(2)); },
      [&] { Array({3}, Object(), List(4)); },
      [&] { Array({1}, Object(), Bytes(8)); },
      [&] { Array({1}, Str("f8"), Bytes(8)); },
      [&] { Array({1}, p_.Call("types:SimpleNamespace"), Bytes(8)); },
  };
  for (size_t i = 0; i < kBad.size(); ++i) {
    const uint64_t before = denials();
    kBad[i]();
    EXPECT_EQ(denials(), before + 1) << i;
  }
}

TEST_F(ChecksTest, BytesOfProtocolsBelow3) {
  const auto encoded = [&](absl::string_view text) {
    return p_.Call("_codecs:encode", {Str(text), Str("latin1")});
  };
  const NodeId array =
      p_.Call("numpy.core.multiarray:_reconstruct",
              {p_.Global("numpy:ndarray"), Tuple({Int(0)}), encoded("b")});
  p_.Build(array, Tuple({Int(1), Tuple({Int(2)}), Plain("i1"), p_->Bool(false),
                         encoded("\xc3\xbf\x01")}));
  p_.Call("numpy.core.multiarray:scalar", {Plain("i2"), encoded("ab")});
  Array({0}, Plain("i1"), p_.Call("builtins:bytes"));
  EXPECT_EQ(denials(), 0u);
  p_.Call("numpy.core.multiarray:scalar", {Plain("i2"), encoded("abc")});
  EXPECT_EQ(denials(), 1u);
  p_.Call("numpy.core.multiarray:_reconstruct",
          {p_.Global("numpy:ndarray"), Tuple({Int(0)}), encoded("c")});
  EXPECT_EQ(denials(), 2u);
}

TEST_F(ChecksTest, ScalarsHaveAsManyBytesAsTheirType) {
  p_.Call("numpy.core.multiarray:scalar", {Plain("f8"), Bytes(8)});
  p_.Call("numpy.core.multiarray:scalar",
          {Plain("i2"), p_->Str("\xc3\xbf\x01")});  // of Python 2
  EXPECT_EQ(denials(), 0u);
  p_.Call("numpy.core.multiarray:scalar", {Plain("f8"), Bytes(4)});
  EXPECT_EQ(denials(), 1u);
  p_.Call("numpy.core.multiarray:scalar", {Object(), Bytes(8)});
  EXPECT_EQ(denials(), 2u);
  p_.Call("numpy.core.multiarray:scalar", {Plain("S4", 4, 1), Bytes(3)});
  EXPECT_EQ(denials(), 3u);
}

TEST_F(ChecksTest, ArraysOverBytes) {
  const auto from = [&](size_t bytes, int64_t count, NodeId dtype) {
    p_.Call("numpy.core.numeric:_frombuffer",
            {Bytes(bytes), dtype, Tuple({Int(count)}), Str("C")});
  };
  from(16, 2, Plain("f8"));
  EXPECT_EQ(denials(), 0u);
  from(15, 2, Plain("f8"));
  EXPECT_EQ(denials(), 1u);
  from(16, 2, Object());
  EXPECT_EQ(denials(), 2u);
}

TEST_F(ChecksTest, MaskedArrays) {
  const auto masked = [&](int64_t count, size_t data, size_t mask) {
    const NodeId made =
        p_.Call("numpy.ma.core:_mareconstruct",
                {p_.Global("numpy.ma.core:MaskedArray"),
                 p_.Global("numpy:ndarray"), Tuple({Int(0)}), Str("b")});
    p_.Build(made, Tuple({Int(1), Tuple({Int(count)}), Plain("f8"),
                          p_->Bool(false), Bytes(data), Bytes(mask), None()}));
  };
  masked(3, 24, 3);
  masked(0, 0, 0);
  EXPECT_EQ(denials(), 0u);
  masked(3, 24, 2);
  EXPECT_EQ(denials(), 1u);
  masked(3, 16, 3);
  EXPECT_EQ(denials(), 2u);
}

TEST_F(ChecksTest, PositionsOfGenerators) {
  const auto twister = [&](int64_t position, int64_t words) {
    const NodeId made =
        p_.Call("numpy.random._pickle:__randomstate_ctor", {Str("MT19937")});
    const NodeId key =
        Array({words}, Plain("u4"), Bytes(static_cast<size_t>(4 * words)));
    p_.Build(made,
             Dict({{"bit_generator", Str("MT19937")},
                   {"state", Dict({{"key", key}, {"pos", Int(position)}})},
                   {"has_gauss", Int(0)}}));
  };
  twister(0, 624);
  twister(624, 624);
  EXPECT_EQ(denials(), 0u);
  twister(625, 624);
  EXPECT_EQ(denials(), 1u);
  twister(-1, 624);
  EXPECT_EQ(denials(), 2u);
  twister(10, 100);
  EXPECT_EQ(denials(), 3u);
  EXPECT_THAT(Fault(), HasSubstr("'pos' is not within 0 to 624"));

  const auto philox = [&](int64_t position) {
    const NodeId made = p_.Call("numpy.random._pickle:__bit_generator_ctor",
                                {p_.Global("numpy.random._philox:Philox")});
    p_.Build(made, Tuple({Dict({{"bit_generator", Str("Philox")},
                                {"state", Dict({{"counter", None()}})},
                                {"buffer_pos", Int(position)}}),
                          None()}));
  };
  philox(4);
  EXPECT_EQ(denials(), 3u);
  philox(5);
  EXPECT_EQ(denials(), 4u);
}

TEST_F(ChecksTest, NamesAreOneTable) {
  for (int i = 0; i < kChecks; ++i) {
    const auto check = static_cast<Check>(i);
    EXPECT_EQ(FindCheck(CheckName(check)), check);
    EXPECT_NE(CheckMeaning(check), "");
  }
  EXPECT_EQ(FindCheck("numpy"), std::nullopt);
}

}  // namespace
}  // namespace picklebox::policy
