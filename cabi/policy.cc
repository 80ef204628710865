#include "picklebox/policy.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cabi/handles.h"
#include "picklebox.h"
#include "picklebox/policy_rules.h"
#include "picklebox/threats.h"

using picklebox::Policy;
using picklebox::cabi::Guarded;
using picklebox::cabi::OrEmpty;
using picklebox::cabi::Report;
using picklebox::cabi::View;

namespace {

picklebox_policy* Handle(absl::StatusOr<Policy> policy,
                         picklebox_error** error) {
  if (policy.ok()) return new picklebox_policy{*std::move(policy)};
  Report(policy.status(), error);
  return nullptr;
}

}  // namespace

int picklebox_abi_version(void) { return PICKLEBOX_ABI_VERSION; }
const char* picklebox_version(void) { return PICKLEBOX_VERSION; }

int picklebox_error_code(const picklebox_error* error) { return error->code; }
const char* picklebox_error_message(const picklebox_error* error) {
  return error->message.c_str();
}
void picklebox_error_free(picklebox_error* error) { delete error; }

const char* picklebox_text_data(const picklebox_text* text) {
  return text->text.c_str();
}
size_t picklebox_text_size(const picklebox_text* text) {
  return text->text.size();
}
void picklebox_text_free(picklebox_text* text) { delete text; }

picklebox_policy* picklebox_policy_new(const char* what,
                                       picklebox_error** error) {
  return Guarded<picklebox_policy*>(nullptr, error, [&] {
    return Handle(picklebox::NamedPolicy(std::string(OrEmpty(what))), error);
  });
}

picklebox_policy* picklebox_policy_new_from_toml(const char* text, size_t size,
                                                 const char* name,
                                                 const char* directory,
                                                 picklebox_error** error) {
  return Guarded<picklebox_policy*>(nullptr, error, [&] {
    return Handle(Policy::FromToml(absl::string_view(text, size), OrEmpty(name),
                                   OrEmpty(directory)),
                  error);
  });
}

void picklebox_policy_free(picklebox_policy* policy) { delete policy; }

picklebox_string picklebox_policy_name(const picklebox_policy* policy) {
  return View(policy->policy.name());
}

int picklebox_policy_persistent_ids(const picklebox_policy* policy) {
  return policy->policy.persistent_ids() ? 1 : 0;
}

unsigned picklebox_policy_uses(const picklebox_policy* policy,
                               picklebox_string module,
                               picklebox_string qualname,
                               picklebox_text** conditions) {
  if (conditions != nullptr) *conditions = nullptr;
  return Guarded(0u, nullptr, [&]() -> unsigned {
    const auto rule = policy->policy.Find(View(module), View(qualname));
    if (!rule) return 0;
    if (conditions != nullptr)
      *conditions = new picklebox_text{absl::StrJoin(rule->Lines(), "\n")};
    return rule->uses;
  });
}

picklebox_text* picklebox_canonical_global(picklebox_string module,
                                           picklebox_string qualname,
                                           int python2_names) {
  return Guarded<picklebox_text*>(nullptr, nullptr, [&] {
    const auto [canonical, name] = Policy::CanonicalGlobal(
        View(module), View(qualname), python2_names != 0);
    return new picklebox_text{absl::StrCat(canonical, ":", name)};
  });
}

const char* picklebox_danger(picklebox_string module,
                             picklebox_string qualname) {
  return Guarded<const char*>(nullptr, nullptr, [&]() -> const char* {
    const picklebox::DangerClass* const danger =
        picklebox::FindDanger(View(module), View(qualname));
    // Names of classes are literals.
    return danger == nullptr ? nullptr : danger->name.data();
  });
}
