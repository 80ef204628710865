#include "policy/names.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace picklebox::policy {
namespace {

struct ModuleRow {
  absl::string_view from;
  absl::string_view to;

  constexpr bool operator<(const ModuleRow& other) const {
    return from < other.from;
  }
};

struct NameRow {
  absl::string_view from_module;
  absl::string_view from_name;
  absl::string_view module;
  absl::string_view name;

  constexpr bool operator<(const NameRow& other) const {
    return from_module != other.from_module ? from_module < other.from_module
                                            : from_name < other.from_name;
  }
};

constexpr NameRow kPython2Names[] = {
#define PICKLEBOX_PYTHON2_NAME(...) {__VA_ARGS__},
#define PICKLEBOX_PYTHON2_MODULE(...)
#include "policy/python2_names.def"
#undef PICKLEBOX_PYTHON2_NAME
#undef PICKLEBOX_PYTHON2_MODULE
};
constexpr ModuleRow kPython2Modules[] = {
#define PICKLEBOX_PYTHON2_NAME(...)
#define PICKLEBOX_PYTHON2_MODULE(...) {__VA_ARGS__},
#include "policy/python2_names.def"
#undef PICKLEBOX_PYTHON2_NAME
#undef PICKLEBOX_PYTHON2_MODULE
};
constexpr ModuleRow kAliasTrees[] = {
#define PICKLEBOX_ALIAS_TREE(...) {__VA_ARGS__},
#define PICKLEBOX_ALIAS_MODULE(...)
#define PICKLEBOX_ALIAS_NAME(...)
#include "policy/aliases.def"
#undef PICKLEBOX_ALIAS_TREE
#undef PICKLEBOX_ALIAS_MODULE
#undef PICKLEBOX_ALIAS_NAME
};
constexpr ModuleRow kAliasModules[] = {
#define PICKLEBOX_ALIAS_TREE(...)
#define PICKLEBOX_ALIAS_MODULE(...) {__VA_ARGS__},
#define PICKLEBOX_ALIAS_NAME(...)
#include "policy/aliases.def"
#undef PICKLEBOX_ALIAS_TREE
#undef PICKLEBOX_ALIAS_MODULE
#undef PICKLEBOX_ALIAS_NAME
};
constexpr NameRow kAliasNames[] = {
#define PICKLEBOX_ALIAS_TREE(...)
#define PICKLEBOX_ALIAS_MODULE(...)
#define PICKLEBOX_ALIAS_NAME(...) {__VA_ARGS__},
#include "policy/aliases.def"
#undef PICKLEBOX_ALIAS_TREE
#undef PICKLEBOX_ALIAS_MODULE
#undef PICKLEBOX_ALIAS_NAME
};

static_assert(std::is_sorted(std::begin(kPython2Names),
                             std::end(kPython2Names)));
static_assert(std::is_sorted(std::begin(kPython2Modules),
                             std::end(kPython2Modules)));
static_assert(std::is_sorted(std::begin(kAliasModules),
                             std::end(kAliasModules)));
static_assert(std::is_sorted(std::begin(kAliasNames), std::end(kAliasNames)));

template <size_t kSize>
const ModuleRow* Find(const ModuleRow (&rows)[kSize],
                      absl::string_view module) {
  const ModuleRow* const row =
      std::lower_bound(std::begin(rows), std::end(rows), ModuleRow{module, {}});
  return row != std::end(rows) && row->from == module ? row : nullptr;
}

template <size_t kSize>
const NameRow* Find(const NameRow (&rows)[kSize], absl::string_view module,
                    absl::string_view name) {
  const NameRow* const row = std::lower_bound(std::begin(rows), std::end(rows),
                                              NameRow{module, name, {}, {}});
  const bool found = row != std::end(rows) && row->from_module == module &&
                     row->from_name == name;
  return found ? row : nullptr;
}

// The module under its own name, whatever alias it came by.
std::string ResolveModule(absl::string_view module) {
  if (const ModuleRow* row = Find(kAliasModules, module))
    return std::string(row->to);
  for (const ModuleRow& row : kAliasTrees) {
    if (!absl::StartsWith(module, row.from)) continue;
    const absl::string_view rest = module.substr(row.from.size());
    if (rest.empty() || rest[0] == '.') return absl::StrCat(row.to, rest);
  }
  return std::string(module);
}

}  // namespace

CanonicalName Canonical(absl::string_view module, absl::string_view qualname,
                        bool python2_names) {
  // Types that TorchScript makes of the code in its archive. They have the
  // names of that code, and are one to a policy.
  if ((module == "__torch__" || absl::StartsWith(module, "__torch__.")) &&
      !absl::StrContains(qualname, ".")) {
    return {"__torch__", "ScriptType"};
  }
  if (python2_names) {
    if (const NameRow* row = Find(kPython2Names, module, qualname)) {
      module = row->module;
      qualname = row->name;
    } else if (const ModuleRow* renamed = Find(kPython2Modules, module)) {
      module = renamed->to;
    }
  }
  CanonicalName name{ResolveModule(module), std::string(qualname)};
  if (const NameRow* row = Find(kAliasNames, name.module, name.qualname)) {
    name.module = std::string(row->module);
    name.qualname = std::string(row->name);
  }
  return name;
}

std::string Spell(absl::string_view module, absl::string_view qualname) {
  return absl::StrCat(module, ":", qualname);
}

}  // namespace picklebox::policy
