// The subcommands of `picklebox policy`: what they do, apart from their flags.
// Each writes to standard output and returns an exit status.
#ifndef PICKLEBOX_CLI_POLICY_COMMANDS_H_
#define PICKLEBOX_CLI_POLICY_COMMANDS_H_

#include <string>
#include <vector>

#include "cli/shared_options.h"

namespace picklebox::cli {

struct PolicyCheckOptions {
  std::vector<std::string> files;
  std::string format = "text";
  bool strict = false;  // warnings fail too
};
int RunPolicyCheck(const PolicyCheckOptions& options);

struct PolicyShowOptions {
  std::string policy;
  std::string format = "text";
};
int RunPolicyShow(const PolicyShowOptions& options);

struct PolicyExplainOptions {
  std::string global;  // "-": from standard input, one a line
  std::string policy;
  std::string format = "text";
};
int RunPolicyExplain(const PolicyExplainOptions& options);

struct PolicyDiffOptions {
  std::string before;
  std::string after;
  std::string format = "text";
};
int RunPolicyDiff(const PolicyDiffOptions& options);

struct PolicyTestOptions {
  SharedOptions shared;
  std::vector<std::string> lists;
  std::string format = "text";
  bool verbose = false;
};
int RunPolicyTest(const PolicyTestOptions& options);

struct PolicyLearnOptions {
  SharedOptions shared;  // its policy is what is known already
  std::vector<std::string> files;
  std::string name = "learned";
  std::string output;  // standard output, if empty
  bool extend = false;
  bool include_dangerous = false;
};
int RunPolicyLearn(const PolicyLearnOptions& options);

}  // namespace picklebox::cli

#endif  // PICKLEBOX_CLI_POLICY_COMMANDS_H_
