// The judge: holds every global of one graph, and what is done with it, against
// the policy. The worker's builder and the parent's verifier both tell it of
// the nodes, in the same order, and so both come to the same result.
//
//   Judge judge(table, {});
//   GraphBuilder builder(memory, out, max_nodes, max_key, &judge);
//   ... the graph is made ...
//   if (judge.denials() > 0) Show(judge.globals(), judge.findings());
//
// What it asks of a graph:
//  - a global is listed, under its canonical name, for each use it is put to; a
//    name with a dot only as a whole, and only where the unpickler follows
//    dots;
//  - what is called, or made an object of, is a global, and its arguments are a
//    tuple, of the shape that its rule gives. Where the shape says that
//    arguments are called or made objects of in turn, these are held to the
//    same; so are states and items;
//  - values pass the checks that a rule names;
//  - state is set once an object, never on a global, and its keys are names of
//    attributes unless the class reads its state itself;
//  - items are added to lists, dicts and sets, or to what a rule allows;
//  - keys and members hash by value;
//  - a global that may be no value is one only where the shape of a call names
//    it, or where getattr is called, and such arguments are no value again;
//  - code objects are of a digest that the policy allows, and functions are
//  made
//    of nothing else.
//
// Each graph is judged for itself: OnStart forgets all that was before. The
// table must outlive the judge. Not thread-safe.
#ifndef PICKLEBOX_POLICY_JUDGE_H_
#define PICKLEBOX_POLICY_JUDGE_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "graph/visitor.h"
#include "picklebox/finding.h"
#include "picklebox/graph.h"
#include "picklebox/limits.h"
#include "picklebox/report.h"
#include "policy/checks/bytes_source.h"
#include "policy/checks/checks.h"
#include "policy/checks/values.h"
#include "policy/codes.h"
#include "policy/global_register.h"
#include "policy/matcher.h"
#include "policy/objects.h"
#include "policy/table.h"

namespace picklebox::policy {

struct JudgeOptions {
  struct Extension {
    uint32_t code = 0;
    std::string module;
    std::string qualname;
  };

  // Persistent ids are allowed, even if the policy does not say so.
  bool persistent_ids = false;
  // Extension codes of the loader; they win over those of the policy.
  std::vector<Extension> extensions;
  // Findings and globals beyond these are counted but not told apart.
  uint64_t max_findings = Limits().findings;
  uint64_t max_globals = 10'000;
  // Bytes of the input that checks may read, of all graphs that count.
  uint64_t max_check_bytes = Limits().check_bytes;
  // The minor version of Python 3 that would run what is loaded: code of any
  // other is denied. 0: nothing is loaded.
  uint32_t python = 0;
};

class Judge final : public graph::Visitor {
 public:
  Judge(const PolicyTable& table, JudgeOptions options);

  // How often something was denied. The same for the same graph, policy and
  // options, whoever is asking; 0 means that the graph is clean.
  uint64_t denials() const {
    Settle();
    return denials_;
  }
  // In order of first appearance.
  const std::vector<JudgedGlobal>& globals() const {
    Settle();
    return globals_.all();
  }
  // What was denied other than the uses of a global, up to max_findings.
  const std::vector<Finding>& findings() const {
    Settle();
    return findings_;
  }
  // How many findings there were beyond these.
  uint64_t more_findings() const { return more_findings_; }
  // What is false among values that only the worker can read: found there and
  // nowhere else, and no part of denials(). Up to max_findings.
  const std::vector<Finding>& alone_findings() const { return alone_findings_; }

  // Of findings(): which are about code that nothing allows, and what it is
  // called, as the file has it.
  struct CodeDenial {
    size_t finding;
    std::string name;
    std::string filename;
  };
  const std::vector<CodeDenial>& code_denials() const { return code_denials_; }

  // Where checks read bytes that are not in the graph; nullptr: nowhere, and
  // what wants them is denied. It must outlive its use.
  void set_bytes(BytesSource* bytes) {
    bytes_ = bytes;
    values_.set_bytes(bytes);
  }
  // The archive of the graphs to come is cut off, so that none of them is
  // clean: what their persistent ids stand for may have been in the rest, and
  // is not denied.
  void set_cut_off(bool cut_off) { cut_off_ = cut_off; }
  // The graph that was judged last counts: what was read for it is spent.
  void Commit() { values_.Commit(); }

  void OnStart(const graph::NodeSource& source) override;
  void OnGlobal(NodeId node, const graph::GlobalName& name,
                uint64_t at) override;
  void OnReference(NodeId global) override;
  void OnCall(NodeId node, NodeId callable, NodeId args, uint64_t at) override;
  void OnNew(NodeId node, NewForm form, NodeId cls, NodeId args, NodeId kwargs,
             uint64_t at) override;
  void OnBuild(NodeId target, NodeId state, uint64_t at) override;
  void OnExtend(NodeId change, NodeId target, NodeKind kind,
                uint64_t at) override;
  void OnForeignKey(NodeId key) override;
  void OnPersistent(NodeId node, NodeId id, uint64_t at) override;
  void OnExtension(NodeId node, uint32_t code, uint64_t at) override;

 private:
  void DenyPending();
  // A graph may end behind a reference that no call explains. Its nodes may be
  // gone by then.
  void Settle() const {
    if (!pending_arguments_.empty()) const_cast<Judge*>(this)->DenyPending();
  }
  void AcceptArguments(const std::vector<NodeId>& named);
  void SettleArguments(NodeId node, NodeId args);
  void JudgeCall(NodeId node, NodeId callable, NodeId args, uint64_t at);
  void Use(uint32_t global, Uses use, uint64_t at);
  std::string SpellGlobal(uint32_t global) const;
  void Report(Code code, absl::string_view detail, uint64_t at,
              std::string message);
  bool HasItems(NodeId tuple) const;
  void JudgeArguments(Place::What what, uint32_t global, NodeId value,
                      uint64_t at, uint32_t* maker);
  void RunChecks(uint32_t global, Uses use, NodeId object, NodeId value,
                 uint64_t at);
  bool RunCheck(Check check, uint32_t global, const CheckEvent& event,
                uint64_t at);
  bool Accept(const Place& place, const Matcher::Outcome& outcome);
  void Refuse(const Place& place, const Matcher::Outcome& outcome);
  void JudgeMaker(uint32_t global, NodeId node, NodeId args, uint64_t at);
  void JudgeCode(NodeId node, NodeId args, uint64_t at);
  void JudgeFunction(uint32_t global, NodeId args, uint64_t at);
  bool ResolveType(NodeId node, uint32_t lookup, NodeId args, uint64_t at);
  void NewInstance(NodeId node, NewForm form, const Made& cls, NodeId args,
                   NodeId kwargs, uint64_t at);
  bool IsSameRule(uint32_t index, NodeId node) const;
  bool ResolveAttribute(NodeId node, uint32_t getter, NodeId args, uint64_t at);
  void JudgeState(uint32_t maker, NodeId state, uint64_t at);
  bool IsForeign(NodeId key, NodeId* culprit);

  const PolicyTable& table_;
  const JudgeOptions options_;
  const graph::NodeSource* source_ = nullptr;

  GlobalRegister globals_;
  Objects objects_;
  Matcher matcher_;
  Values values_;
  Codes codes_;
  std::vector<Finding> findings_;
  std::vector<Finding> alone_findings_;
  std::vector<CodeDenial> code_denials_;
  BytesSource* bytes_ = nullptr;
  bool cut_off_ = false;
  uint64_t more_findings_ = 0;
  uint64_t denials_ = 0;
  uint64_t keys_visited_ = 0;
  std::vector<NodeId> pending_;  // of a key that is walked
  // Globals with `argument` that were just used as values: in the arguments of
  // the call that comes next, or they are denied.
  struct PendingArgument {
    NodeId node;
    uint32_t global;
    uint64_t at;
    NodeId user;  // the node that uses it
    bool named;   // by the call
  };
  std::vector<PendingArgument> pending_arguments_;
  // Tuples of arguments that hold such globals.
  std::set<NodeId> sealed_;
};

}  // namespace picklebox::policy

#endif  // PICKLEBOX_POLICY_JUDGE_H_
