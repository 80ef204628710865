// SciPy's interpolators that keep points, values and knots side by side. What
// is not here compares them itself each time (PPoly, BPoly, interp1d).
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/checks/checks.h"
#include "policy/checks/reading.h"

namespace picklebox::policy {
namespace {

// FITPACK has room for splines of these degrees: fpbspl.f for curves, fpbisp.f
// for surfaces.
constexpr int64_t kHighestOfCurve = 19;
constexpr int64_t kHighestOfSurface = 5;

bool IsDegree(std::optional<int64_t> degree, int64_t highest) {
  return degree && *degree >= 0 && *degree <= highest;
}

NodeId FindEither(const Values::Pairs& state, absl::string_view name,
                  absl::string_view other) {
  const NodeId id = Find(state, name);
  return id == kNoNode ? Find(state, other) : id;
}

// (knots, coefficients, degree): FITPACK wants as many of the first two, and
// looks at fewer coefficients.
std::string CheckCurve(NodeId id, Values& values) {
  const auto parts = values.Tuple(id);
  if (!parts || parts->size() < 3) return "it has no knots and coefficients";
  const NumpyArray* const knots = FindNumbers((*parts)[0], 1, values);
  const NumpyArray* const coefficients = FindNumbers((*parts)[1], 1, values);
  const auto degree = values.Int((*parts)[2]);
  if (knots == nullptr || coefficients == nullptr ||
      !IsDegree(degree, kHighestOfCurve))
    return absl::StrCat("it has no knots, coefficients and degree of up to ",
                        kHighestOfCurve + 0);
  const bool fits = knots->items >= 2 * (*degree + 1) &&
                    coefficients->items >= knots->items - *degree - 1;
  return fits ? ""
              : absl::StrCat("it has ", knots->items, " knots and ",
                             coefficients->items, " coefficients");
}

// What it needs to be fitted once more: (x, y, w, xb, xe, k, s, n, t, c, fp,
// fpint, nrdata, ier). n knots of t count.
std::string CheckFit(NodeId id, Values& values) {
  const auto parts = values.Tuple(id);
  if (!parts || parts->size() < 14) return "it has no data";
  // What was made of another spline cannot be fitted.
  if (values.IsNone(parts->front())) return "";
  const NumpyArray* const x = FindNumbers((*parts)[0], 1, values);
  if (x == nullptr) return "it has no points";
  for (const size_t i : {1, 2}) {
    if (values.IsNone((*parts)[i])) continue;
    const NumpyArray* const row = FindNumbers((*parts)[i], 1, values);
    if (row == nullptr || row->items != x->items)
      return "it has not as many values and weights as points";
  }
  if (!IsDegree(values.Int((*parts)[5]), kHighestOfCurve))
    return "its degree is none";
  const auto used = values.Int((*parts)[7]);
  for (const size_t i : {8, 9}) {
    const NumpyArray* const row = FindNumbers((*parts)[i], 1, values);
    if (row == nullptr || !used || *used < 0 || *used > row->items)
      return "it has not as many knots as it says";
  }
  return "";
}

std::string CheckSurface(const Values::Pairs& state, Values& values) {
  const NodeId tck = Find(state, "tck");
  const NodeId degrees_id = Find(state, "degrees");
  const auto parts = tck == kNoNode ? std::nullopt : values.Tuple(tck);
  const auto degrees =
      degrees_id == kNoNode ? std::nullopt : values.Tuple(degrees_id);
  if (!parts || parts->size() != 3 || !degrees || degrees->size() != 2)
    return "it has no knots, coefficients and degrees";
  int64_t expected = 1;
  for (size_t i = 0; i < 2; ++i) {
    const NumpyArray* const knots = FindNumbers((*parts)[i], 1, values);
    const auto degree = values.Int((*degrees)[i]);
    if (knots == nullptr || !IsDegree(degree, kHighestOfSurface) ||
        knots->items < 2 * (*degree + 1) ||
        __builtin_mul_overflow(expected, knots->items - *degree - 1,
                               &expected)) {
      return "it has no knots for its degrees";
    }
  }
  const NumpyArray* const coefficients = FindNumbers((*parts)[2], 1, values);
  return coefficients != nullptr && coefficients->items >= expected
             ? ""
             : absl::StrCat("it has not the ", expected,
                            " coefficients that its knots ask for");
}

// A row of coordinates for each dimension of the values.
std::string CheckGrid(const Values::Pairs& state, Values& values) {
  const NodeId grid_id = FindEither(state, "_grid", "grid");
  const NodeId values_id = FindEither(state, "_values", "values");
  const auto grid = grid_id == kNoNode ? std::nullopt : values.Tuple(grid_id);
  const NumpyArray* const cells =
      values_id == kNoNode ? nullptr : values.FindArray(values_id);
  if (!grid || cells == nullptr || cells->rank() < grid->size())
    return "it has no grid, and values on it";
  for (size_t i = 0; i < grid->size(); ++i) {
    const NumpyArray* const row = FindNumbers((*grid)[i], 1, values);
    if (row == nullptr || row->items != cells->dims[i])
      return absl::StrCat("it has not as many values as points in dimension ",
                          i);
  }
  return "";
}

// A value for each point, and the corners of simplices are points.
std::string CheckSimplices(const Values::Pairs& state, Values& values) {
  const NodeId mesh = Find(state, "tri");
  const NumpyArray* const points =
      FindNumbers(Find(state, "points"), 2, values);
  const NumpyArray* const rows = FindNumbers(Find(state, "values"), 2, values);
  const JudgedGlobal* const maker =
      mesh == kNoNode ? nullptr : values.MakerOf(mesh);
  if (points == nullptr || rows == nullptr)
    return "it has no points and values";
  if (maker == nullptr || maker->qualname != "Delaunay")
    return "its triangulation is none";
  const auto corners = values.Recall(mesh);
  return corners == points->dims[0] && rows->dims[0] == points->dims[0]
             ? ""
             : "it has not as many values as its triangulation has points";
}

// The parts of a radial function: points y, the powers of a polynomial, and,
// unless it asks neighbors each time, coefficients for both.
struct Radial {
  NodeId points = kNoNode;
  NodeId powers = kNoNode;
  NodeId shift = kNoNode;
  NodeId scale = kNoNode;
  NodeId coefficients = kNoNode;
};

// By position in newer releases: (y, d, shape, type, neighbors, smoothing,
// kernel, epsilon, powers), (shift, scale, coefficients) or (tree,).
std::optional<Radial> ReadRadial(NodeId id, Values& values) {
  if (values.kind(id) != NodeKind::kTuple) {
    const auto state = Attributes(id, values);
    if (!state) return std::nullopt;
    return Radial{Find(*state, "y"), Find(*state, "powers"),
                  Find(*state, "_shift"), Find(*state, "_scale"),
                  Find(*state, "_coeffs")};
  }
  const auto pair = values.Tuple(id);
  if (!pair || pair->size() != 2) return std::nullopt;
  const auto given = values.Tuple(pair->front());
  const auto found = values.Tuple(pair->back());
  if (!given || given->size() != 9 || !found) return std::nullopt;
  Radial radial = {given->front(), given->back(), kNoNode, kNoNode, kNoNode};
  if (found->size() == 1) return radial;
  if (found->size() != 3) return std::nullopt;
  radial.shift = (*found)[0];
  radial.scale = (*found)[1];
  radial.coefficients = (*found)[2];
  return radial;
}

std::string CheckRadial(NodeId state, Values& values) {
  const auto radial = ReadRadial(state, values);
  if (!radial) return "the state is of no known form";
  const NumpyArray* const points = FindNumbers(radial->points, 2, values);
  const NumpyArray* const powers = FindNumbers(radial->powers, 2, values);
  if (points == nullptr || powers == nullptr ||
      powers->dims[1] != points->dims[1]) {
    return "it has no points, and powers for them";
  }
  if (radial->coefficients == kNoNode) return "";
  const NumpyArray* const coefficients =
      FindNumbers(radial->coefficients, 2, values);
  const NumpyArray* const shift = FindNumbers(radial->shift, 1, values);
  const NumpyArray* const scale = FindNumbers(radial->scale, 1, values);
  if (coefficients == nullptr || shift == nullptr || scale == nullptr ||
      shift->items != points->dims[1] || scale->items != points->dims[1] ||
      coefficients->dims[0] != points->dims[0] + powers->dims[0]) {
    return "it has not as many coefficients as points and powers";
  }
  return "";
}

}  // namespace

std::string CheckScipyInterpolator(const CheckEvent& event, Values& values) {
  const JudgedGlobal* const maker = values.MakerOf(event.object);
  if (event.use != kBuild || maker == nullptr) return "";
  const absl::string_view name = maker->qualname;
  if (name == "RBFInterpolator") return CheckRadial(event.value, values);
  const auto state = Attributes(event.value, values);
  if (!state) return "the state is no dict of names";
  if (name == "RegularGridInterpolator") return CheckGrid(*state, values);
  if (name == "LinearNDInterpolator") return CheckSimplices(*state, values);
  if (absl::EndsWith(name, "BivariateSpline"))
    return CheckSurface(*state, values);
  std::string fault;
  if (Find(*state, "_eval_args") != kNoNode)
    fault = CheckCurve(Find(*state, "_eval_args"), values);
  const NodeId data = Find(*state, "_data");
  if (fault.empty() && data != kNoNode && !values.IsNone(data))
    fault = CheckFit(data, values);
  return fault;
}

}  // namespace picklebox::policy
