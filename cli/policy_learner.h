// Makes a policy of files that somebody trusts: exactly what they do.
//
//   PolicyLearner learner(Policy::Default());
//   for (file : files) learner.Add(scanner->ScanFile(file));
//   std::string toml = learner.Text({});
//
// Of globals that the known policy lists, its rule is taken over with the uses
// that were seen; of others the uses and the shapes that were seen are written
// down. Names come out of files and are escaped.
#ifndef PICKLEBOX_CLI_POLICY_LEARNER_H_
#define PICKLEBOX_CLI_POLICY_LEARNER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "picklebox/policy_rules.h"
#include "picklebox/scanner.h"

namespace picklebox::cli {

struct LearnStyle {
  bool include_dangerous = false;
  // Build on these (as in `extends`) and list only what they do not allow.
  std::vector<std::string> extends;
  std::string name = "learned";
};

class PolicyLearner {
 public:
  // Scans that are added are made with `known`.
  explicit PolicyLearner(Policy known) : known_(std::move(known)) {}

  void Add(const Scan& scan);
  // The text of the policy.
  std::string Text(const LearnStyle& style) const;
  // The dangerous globals that Text() leaves out without include_dangerous.
  std::vector<std::string> Dangerous() const;

 private:
  // What was ever added to a list, a set or a dict: the shapes of items, or of
  // keys and, for each of these, of values.
  struct Contents {
    std::set<std::string> items;
    std::map<std::string, std::set<std::string>> pairs;
  };
  // How the values at one place look: kinds, and texts that were the same.
  struct Seen {
    std::set<std::string> shapes;
    std::map<std::string, Contents> containers;  // by kind
    std::set<std::string> texts;
    uint64_t count = 0;
  };
  struct Arguments {
    std::map<size_t, std::vector<Seen>> by_count;
  };
  struct Learned {
    Uses uses = 0;
    uint64_t count = 0;
    std::set<std::string> files;
    std::string first;  // "model.pkl@0x1c"
    bool denied = false;
    std::string danger;
    std::string danger_text;
    Arguments call;
    Arguments create;
    Seen state;
    Seen items;
    bool keywords = false;  // made with keyword arguments
    bool odd_keys = false;  // its state has keys that are no attributes
    bool is_key = false;    // an object of it is a key or a member of a set
  };
  using Key = std::pair<std::string, std::string>;
  class Walk;

  std::string RuleOf(const Key& key, const Learned& learned,
                     const LearnStyle& style) const;

  Policy known_;
  std::map<Key, Learned> globals_;
  std::vector<std::string> files_;
  bool persistent_ids_ = false;
};

}  // namespace picklebox::cli

#endif  // PICKLEBOX_CLI_POLICY_LEARNER_H_
