// Finds the pickles of one item, executes each, and tells them.
//
//   PickleScan scan(&shared, item, head, &window, &notes);
//   scan.Run(Manner::kSearched);
//   if (scan.found() > 0 && scan.at_start()) ...
//
// Not thread-safe; for one item.
#ifndef PICKLEBOX_BOX_PICKLE_SCAN_H_
#define PICKLEBOX_BOX_PICKLE_SCAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/window.h"
#include "box/format.h"
#include "box/item.h"
#include "box/model_loader.h"
#include "graph/builder.h"
#include "picklebox/report.h"
#include "vm/machine.h"

namespace picklebox::box {

// How a machine reads what `request` asks for.
vm::Options MachineOptions(const Request& request);

// Nodes an input byte can make: LIST makes a list and what fills it.
inline constexpr uint64_t kNodesPerByte = 2;

// How much of an item is looked at.
enum class Manner : uint8_t {
  // All of it: it may begin with a pickle, and pickles may stand anywhere.
  kSearched,
  // The pickles that it begins with, if it certainly is one: it is a member
  // among many, most of which are raw numbers, or it was read as something
  // else.
  kBeginning,
};

class PickleScan {
 public:
  PickleScan(Shared* shared, const Item& item, const Head& head,
             base::Window* in, Notes* notes);

  void Run(Manner manner);

  // Pickles told, and whether the first is at the beginning.
  uint64_t found() const { return found_; }
  bool at_start() const { return found_ > 0 && !unknown_; }
  // What the item is beyond a pickle, or in place of one: "npy array", "joblib
  // model"; a literal, or empty.
  absl::string_view read_as() const { return read_as_; }

 private:
  // How far something was read. Unless its end is known, that is where the
  // search for pickles goes on.
  struct Reach {
    uint64_t end = 0;
    bool known = true;
  };

  bool Room(uint64_t at);
  vm::Outcome Execute(uint64_t at);
  void Forget();
  // It ended because the input did.
  bool Truncated() const;
  // Persistent ids in what is executed from now on may be of what was cut off.
  void SetCutOff(bool cut_off);
  void Keep(const vm::Outcome& outcome);
  bool BeginsWith(absl::string_view magic) const;
  // Formats of models that are no plain pickles. Each returns where it ends.
  Reach RunNpy();
  Reach RunArray(uint64_t at);
  uint64_t RunTorch();
  uint64_t RunTarMember();
  void ReadTar();
  uint64_t PlaceStorages(uint64_t at, const std::vector<std::string>& keys,
                         ModelLoader::Places* places, bool* cut_off);
  void KeepArray(uint64_t begin, uint64_t end, NodeId array);
  void ReadPlainly(uint64_t begin, uint64_t from);
  bool HasPlausibleGlobals() const;
  bool Does(Uses acts) const;
  bool IsPickle(const vm::Outcome& outcome);
  bool IsCertain(const vm::Outcome& outcome) const;
  bool BeginsCertainly();
  bool Begins(uint64_t at);
  void Charge(const vm::Outcome& outcome);
  uint64_t Search(uint64_t from);

  Shared& shared_;
  const Item& item_;
  const Head& head_;
  base::Window& in_;
  Notes& notes_;
  const vm::Options options_;
  graph::GraphBuilder builder_;
  ModelLoader loader_;
  TorchTar tar_;
  vm::Machine machine_;
  absl::string_view read_as_;
  bool unknown_ = false;  // the item does not begin with a pickle
  bool cut_off_ = false;
  uint64_t found_ = 0;
  const report::FindingLog::Mark log_at_start_;
  report::FindingLog::Mark log_before_;
  uint64_t search_left_;
};

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_PICKLE_SCAN_H_
