#include "tests/conformance/differ/judge.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/conformance/differ/likeness.h"

namespace picklebox::differ {
namespace {

// Said without telling what they are.
constexpr absl::string_view kOpaqueArguments =
    "TypeError: argument list must be a tuple";

Judgement Differs(std::string difference) {
  return {Outcome::kDiffers, std::move(difference)};
}

std::string Describe(const Read& read) {
  std::string text = absl::StrCat(read.outcome.stopped ? "read" : "not read",
                                  " up to ", read.outcome.end);
  for (const Finding& f : read.findings) {
    absl::StrAppend(&text, ", ", Info(f.code).name, " ", f.detail, " @",
                    f.offset, " (", f.message, ")");
  }
  return text;
}

// Strict and compat differ in what they say, and in nothing else.
std::string Modes(const Read& strict, const Read& compat) {
  const bool same = *strict.encoding == *compat.encoding &&
                    strict.nodes == compat.nodes &&
                    strict.outcome.stopped == compat.outcome.stopped &&
                    strict.outcome.root == compat.outcome.root &&
                    strict.outcome.end == compat.outcome.end &&
                    strict.findings.size() >= compat.findings.size();
  if (same) return "";
  return absl::StrCat("strict, from memory: ", Describe(strict),
                      "; compat, through a window: ", Describe(compat));
}

bool HasLimit(const Read& read) {
  return std::any_of(read.findings.begin(), read.findings.end(),
                     [](const Finding& f) {
                       return absl::StartsWith(Info(f.code).name, "limit-");
                     });
}

std::string Utf8(PyObject* name) {
  const Ref bytes =
      Ref::Steal(PyUnicode_AsEncodedString(name, "utf-8", "surrogatepass"));
  return {PyBytes_AS_STRING(bytes.get()),
          static_cast<size_t>(PyBytes_GET_SIZE(bytes.get()))};
}

// What an unpickler says that was given a stand-in, or has none to ask.
std::optional<Outcome> Explained(absl::string_view error) {
  if (absl::StartsWith(error, "MemoryError")) return Outcome::kMemory;
  if (absl::StrContains(error, "unregistered extension code"))
    return Outcome::kExtension;
  if (absl::StrContains(error, "no persistent_load function was specified"))
    return Outcome::kPersistent;
  for (const absl::string_view wanted :
       {"must be a tuple, not differ.StandIn",
        "must be a dict, not differ.StandIn",
        "object is required, not 'differ.StandIn'"}) {
    if (absl::StrContains(error, wanted)) return Outcome::kStandIn;
  }
  return std::nullopt;
}

bool Has(const Read& read, Code code) {
  return std::any_of(read.findings.begin(), read.findings.end(),
                     [code](const Finding& f) { return f.code == code; });
}

// Why picklebox does not read on where C does.
std::optional<Outcome> Stopped(const Read& compat, absl::string_view bytes,
                               const Reading& reading) {
  if (HasLimit(compat)) return Outcome::kLimit;
  const bool at_build =
      compat.outcome.end < bytes.size() && bytes[compat.outcome.end] == 'b';
  if (at_build && Has(compat, Code::kWrongType)) return Outcome::kEmptyState;
  if (Has(compat, Code::kBadText) &&
      absl::string_view(reading.encoding) == "unicode-escape" &&
      absl::StrContains(bytes, "\\N"))
    return Outcome::kNamedCharacter;
  return std::nullopt;
}

}  // namespace

absl::string_view OutcomeName(Outcome outcome) {
  constexpr absl::string_view kNames[kOutcomes] = {"differs",
                                                   "read alike",
                                                   "read alike, in doubt",
                                                   "refused alike",
                                                   "refused in replay",
                                                   "stand-in refused",
                                                   "state of nothing",
                                                   "named character",
                                                   "extension not registered",
                                                   "persistent id",
                                                   "limit",
                                                   "memory"};
  return kNames[static_cast<int>(outcome)];
}

bool Judge::Prepare() {
  return World::Prepare() && Oracle::Prepare() && PrepareReplay();
}

Judge::Doings Judge::Compare(const Graph& graph, const Reading& reading) const {
  const std::vector<Doing> doings = DoingsOf(graph, reading);
  const std::vector<Event>& log = c_.log();
  Doings result;
  result.c = log.size();
  result.graph = doings.size();
  size_t i = 0;
  for (; i < std::min(log.size(), doings.size()); ++i) {
    if (log[i].deed == doings[i].deed &&
        (log[i].deed != Deed::kGlobal ||
         (Utf8(log[i].parts[0].get()) == doings[i].module &&
          Utf8(log[i].parts[1].get()) == doings[i].qualname)))
      continue;
    result.difference = absl::StrCat("thing ", i, ": ", DeedName(log[i].deed),
                                     " against ", DeedName(doings[i].deed), " ",
                                     doings[i].module, ":", doings[i].qualname);
    return result;
  }
  result.calls = i < doings.size() && doings[i].deed == Deed::kCall;
  return result;
}

std::string Judge::Unreported(const Verified& verified) const {
  absl::flat_hash_set<std::pair<std::string, std::string>> known;
  auto at = verified.globals.begin();
  for (const Event& event : c_.log()) {
    if (event.deed != Deed::kGlobal) continue;
    std::pair<std::string, std::string> name(Utf8(event.parts[0].get()),
                                             Utf8(event.parts[1].get()));
    if (known.contains(name)) continue;
    at = std::find(at, verified.globals.end(), name);
    if (at == verified.globals.end())
      return absl::StrCat(name.first, ":", name.second);
    known.insert(std::move(name));
  }
  return "";
}

Judgement Judge::Loads(const Loaded& c, const Read& compat, const Graph& graph,
                       absl::string_view bytes, const Reading& reading) {
  if (!compat.outcome.stopped) {
    const std::optional<Outcome> why = Stopped(compat, bytes, reading);
    const Doings doings = Compare(graph, reading);
    if (why && doings.difference.empty() && doings.graph <= doings.c)
      return {*why, ""};
    return Differs(absl::StrCat("C loads it, picklebox: ", Describe(compat),
                                "; ", doings.difference));
  }
  if (compat.outcome.end != c.stop) {
    return Differs(
        absl::StrCat("C stops at ", c.stop, ", picklebox: ", Describe(compat)));
  }
  const Loaded made = Replayed(graph, bytes, reading, &replay_);
  if (!made.value)
    return Differs(absl::StrCat("the replay fails: ", made.error));
  Likeness likeness;
  std::string wrong = likeness.Worlds(c_, replay_);
  if (wrong.empty()) wrong = likeness.Values(c.value.get(), made.value.get());
  if (!wrong.empty()) return Differs(absl::StrCat("C against replay: ", wrong));
  return {Outcome::kReadAlike, ""};
}

Judgement Judge::Refuses(const Loaded& c, const Read& compat,
                         const Graph& graph, absl::string_view bytes,
                         const Reading& reading) {
  const Doings doings = Compare(graph, reading);
  const auto differs = [&](absl::string_view why) {
    return Differs(absl::StrCat("C did ", doings.c, " things and says ",
                                c.error, ", the graph did ", doings.graph,
                                ", picklebox: ", Describe(compat), "; ", why));
  };
  if (!doings.difference.empty()) return differs(doings.difference);
  if (doings.graph < doings.c) {
    const std::optional<Outcome> why = Stopped(compat, bytes, reading);
    return why ? Judgement{*why, ""} : differs("C did more");
  }
  std::optional<Outcome> explained = Explained(c.error);
  // Arguments of a built-in type that are no tuple are refused by both.
  if (c.error == kOpaqueArguments && doings.calls)
    explained = Outcome::kStandIn;
  if (explained) return {*explained, ""};
  if (!compat.outcome.stopped && doings.graph == doings.c)
    return {Outcome::kRefusedAlike, ""};
  // What lies in a frame that is too long is read to see what is in it.
  if (Has(compat, Code::kFrameShort)) return {Outcome::kRefusedAlike, ""};
  if (HasLimit(compat)) return {Outcome::kLimit, ""};
  // The value of the first node stands for the value that was not reached.
  std::optional<Verified> whole;
  if (!compat.outcome.stopped) whole = Verify(compat, bytes, reading, 0);
  const Loaded made =
      Replayed(whole ? whole->graph : graph, bytes, reading, &replay_);
  if (made.value) return differs("the graph is replayed");
  const std::string wrong = Likeness().Worlds(c_, replay_);
  if (!wrong.empty())
    return differs(absl::StrCat("replay says ", made.error, ": ", wrong));
  return {Outcome::kRefusedInReplay, ""};
}

std::string Judge::Other(Unpickler unpickler, const Loaded& c,
                         absl::string_view bytes, const Reading& reading) {
  const Loaded loaded = Oracle::Load(unpickler, bytes, reading, &other_);
  if (Explained(loaded.error) == Outcome::kMemory) return "";
  std::string wrong;
  if (!loaded.value) {
    wrong = loaded.error;
  } else if (loaded.stop != c.stop) {
    wrong = absl::StrCat("stops at ", loaded.stop, ", not at ", c.stop);
  } else {
    Likeness likeness;
    wrong = likeness.Worlds(c_, other_);
    if (wrong.empty())
      wrong = likeness.Values(c.value.get(), loaded.value.get());
  }
  if (wrong.empty()) return "";
  return absl::StrCat("strict says nothing, but ", UnpicklerName(unpickler),
                      " reads it differently than C: ", wrong);
}

Judgement Judge::Try(absl::string_view bytes, const Reading& reading,
                     bool python) {
  const Read strict = ReadPickle(Mode::kStrict, bytes, reading);
  const Read compat = ReadPickle(Mode::kCompat, bytes, reading);
  std::string wrong = Modes(strict, compat);
  if (!wrong.empty()) return Differs(std::move(wrong));
  const std::optional<Verified> verified =
      Verify(strict, bytes, reading, strict.outcome.root);
  if (!verified) return Differs("the verifier refuses the graph");
  // An unpickler would not come back from hashing that.
  if (Has(compat, Code::kLimitKey)) return {Outcome::kLimit, ""};
  const Loaded c = Oracle::Load(Unpickler::kC, bytes, reading, &c_);
  const Graph& graph = verified->graph;
  Judgement judgement = c.value ? Loads(c, compat, graph, bytes, reading)
                                : Refuses(c, compat, graph, bytes, reading);
  if (c.value && compat.outcome.stopped) {
    wrong = Unreported(*verified);
    if (!wrong.empty()) return Differs(absl::StrCat("not reported: ", wrong));
  }
  if (judgement.outcome != Outcome::kReadAlike) return judgement;
  if (!strict.findings.empty()) return {Outcome::kReadInDoubt, ""};
  wrong = Other(Unpickler::kCByBytes, c, bytes, reading);
  if (wrong.empty() && python)
    wrong = Other(Unpickler::kPython, c, bytes, reading);
  return wrong.empty() ? judgement : Differs(std::move(wrong));
}

}  // namespace picklebox::differ
