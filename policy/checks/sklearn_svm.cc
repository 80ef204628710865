// The support vector machines of scikit-learn. libsvm is given arrays and
// numbers that the estimator holds side by side, and believes that they are of
// one model: sklearn/svm/src/libsvm/libsvm_helper.c and libsvm_sparse_helper.c.
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/checks/checks.h"
#include "policy/checks/reading.h"

namespace picklebox::policy {
namespace {

constexpr int64_t kMostClasses = 1'000'000;

// Of an attribute that has or had an underscore in front of its name.
NodeId FindEither(const Values::Pairs& state, absl::string_view name,
                  absl::string_view other) {
  const NodeId id = Find(state, name);
  return id == kNoNode ? Find(state, other) : id;
}

struct Machine {
  const Values::Pairs& state;
  int64_t classes = 0;  // how many numbers of support vectors it has
  int64_t vectors = 0;
  bool counts = false;    // those numbers are used: it tells classes apart
  bool is_given = false;  // the kernel's values are, instead of points
};

// Which machine it is says its class; in old releases, its state.
bool TellsClasses(const Values::Pairs& state, const CheckEvent& event,
                  Values& values) {
  const NodeId id = Find(state, "_impl");
  const auto text =
      id == kNoNode ? std::optional<absl::string_view>() : values.Text(id);
  if (text) return absl::EndsWith(*text, "_svc");
  const JudgedGlobal* const maker = values.MakerOf(event.object);
  return id != kNoNode || maker == nullptr ||
         !(absl::EndsWith(maker->qualname, "SVR") ||
           absl::EndsWith(maker->qualname, "OneClassSVM"));
}

// The rows of a matrix of points in an attribute.
std::optional<int64_t> RowsOf(NodeId id, Values& values) {
  const NumpyArray* const array = FindNumbers(id, 2, values);
  return array == nullptr ? std::nullopt : std::optional(array->dims[0]);
}

// The numbers of shape_fit_: rows and columns of what it was taught.
std::optional<int64_t> TaughtShape(const Machine& machine, size_t place,
                                   Values& values) {
  const NodeId id = Find(machine.state, "shape_fit_");
  const auto shape = id == kNoNode ? std::nullopt : values.Tuple(id);
  if (!shape || place >= shape->size()) return std::nullopt;
  return values.Int((*shape)[place]);
}

// With values of the kernel, vectors are places in a row of these.
std::string CheckPlaces(const Machine& machine, const NumpyArray& support,
                        bool is_function, Values& values) {
  const auto rows =
      is_function ? RowsOf(Find(machine.state, "_BaseLibSVM__Xfit"), values)
                  : TaughtShape(machine, 0, values);
  if (!rows) return "it does not say how many points it was taught";
  return CheckRange(support, 0, *rows - 1, "support_", values);
}

// All that is said of the number of features is the same.
std::string CheckFeatures(const Machine& machine, int64_t features,
                          Values& values) {
  const auto taught = TaughtShape(machine, 1, values);
  const auto given = FindInt(machine.state, "n_features_in_", values);
  const bool fits = taught == features && given.value_or(features) == features;
  return fits ? "" : "its vectors have another number of features than it says";
}

// Points and coefficients in arrays.
std::string CheckDense(const Machine& machine, NodeId vectors_id,
                       NodeId coefficients_id, Values& values) {
  const NumpyArray* const vectors = FindNumbers(vectors_id, 2, values);
  const NumpyArray* const coefficients =
      FindNumbers(coefficients_id, 2, values);
  if (vectors == nullptr || coefficients == nullptr)
    return "it has no support vectors and coefficients";
  if (coefficients->dims[0] != machine.classes - 1 ||
      coefficients->dims[1] != machine.vectors) {
    return absl::StrCat("it has coefficients for ", coefficients->dims[1],
                        " vectors, and ", machine.vectors, " of these");
  }
  if (machine.is_given && vectors->dims[0] == 0) return "";
  if (vectors->dims[0] != machine.vectors) {
    return absl::StrCat("it has ", vectors->dims[0],
                        " support vectors, and says ", machine.vectors);
  }
  return machine.is_given ? ""
                          : CheckFeatures(machine, vectors->dims[1], values);
}

// The same as sparse matrices, of which the second must hold its zeros.
std::string CheckSparse(const Machine& machine, NodeId vectors_id,
                        NodeId coefficients_id, Values& values) {
  const auto vectors = RecallSparse(vectors_id, values);
  const auto coefficients = RecallSparse(coefficients_id, values);
  if (!vectors || !coefficients)
    return "its support vectors and coefficients are no sparse matrices";
  if (vectors->rows != machine.vectors)
    return absl::StrCat("it has ", vectors->rows, " support vectors, and says ",
                        machine.vectors);
  if (coefficients->stored / machine.vectors < machine.classes - 1)
    return "it has not as many coefficients as classes and vectors";
  return "";
}

std::string CheckCounts(const Machine& machine, const NumpyArray& counts,
                        Values& values) {
  int64_t sum = 0;
  ItemReader reader(counts, &values);
  while (const uint8_t* const item = reader.Next()) {
    const int64_t count = counts.type->Integer(item);
    if (count < 0 || count > machine.vectors - sum) {
      if (!machine.counts && count >= 0) continue;
      return absl::StrCat("its classes have more than the ", machine.vectors,
                          " support vectors that there are");
    }
    if (machine.counts) sum += count;
  }
  const bool known = reader.count() == counts.items;
  if (machine.counts && known && sum != machine.vectors)
    return absl::StrCat("its classes have ", sum, " support vectors, and it ",
                        machine.vectors);
  return reader.fault();
}

// What there is for each pair of classes.
std::string CheckPairs(const Machine& machine, Values& values) {
  const int64_t pairs = machine.classes * (machine.classes - 1) / 2;
  const NumpyArray* const intercepts = FindNumbers(
      FindEither(machine.state, "_intercept_", "intercept_"), 1, values);
  if (intercepts == nullptr || intercepts->items != pairs)
    return "it has not one intercept for each pair of classes";
  for (const char* name : {"_probA", "_probB", "probA_", "probB_"}) {
    const NodeId id = Find(machine.state, name);
    if (id == kNoNode) continue;
    const NumpyArray* const numbers = FindNumbers(id, 1, values);
    if (numbers == nullptr || (numbers->items != 0 && numbers->items != pairs))
      return absl::StrCat("it has not one number in '", name,
                          "' for each pair of classes");
  }
  return "";
}

}  // namespace

std::string CheckSklearnSvm(const CheckEvent& event, Values& values) {
  if (event.use != kBuild) return "";
  const auto state = Attributes(event.value, values);
  if (!state) return "the state is no dict of names";
  const NodeId support_id = Find(*state, "support_");
  const NodeId vectors_id = Find(*state, "support_vectors_");
  if (support_id == kNoNode && vectors_id == kNoNode) return "";  // not fitted
  const NumpyArray* const support = FindIntegers(support_id, 1, values);
  const NumpyArray* const counts =
      FindIntegers(FindEither(*state, "_n_support", "n_support_"), 1, values);
  if (support == nullptr || counts == nullptr || counts->items < 2 ||
      counts->items > kMostClasses) {
    return "it has no support vectors, and numbers of these";
  }
  const NodeId kernel = Find(*state, "kernel");
  const auto name = kernel == kNoNode ? std::nullopt : values.Text(kernel);
  const NodeId sparse = Find(*state, "_sparse");
  const auto is_sparse =
      sparse == kNoNode ? std::optional<int64_t>(0) : values.Int(sparse);
  if (!is_sparse) return "it does not say whether it is sparse";
  const Machine machine = {*state, counts->items, support->items,
                           TellsClasses(*state, event, values),
                           !name || *name == "precomputed"};
  const NodeId coefficients = FindEither(*state, "_dual_coef_", "dual_coef_");
  std::string fault = CheckPairs(machine, values);
  // A machine without vectors has nothing to be looked up.
  if (fault.empty() && machine.vectors > 0) {
    fault = *is_sparse != 0
                ? CheckSparse(machine, vectors_id, coefficients, values)
                : CheckDense(machine, vectors_id, coefficients, values);
  }
  if (fault.empty()) fault = CheckCounts(machine, *counts, values);
  if (fault.empty() && machine.is_given)
    fault = CheckPlaces(machine, *support, !name, values);
  return fault;
}

}  // namespace picklebox::policy
