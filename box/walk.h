// Goes through all that is in a file: the file, the members of archives, what
// is in compressed data, and so on down to a limit. A queue, no recursion.
//
//   Walk(&shared, std::move(file), [&](Opened& opened, Notes* notes) {
//     Use(*opened.source);
//     return true;  // go on
//   });
//
// Each item is offered to every reader of a container; what they find in it is
// next in the queue, in the order of the container. Depth first, so that what
// was decompressed is given back before its neighbour is.
#ifndef PICKLEBOX_BOX_WALK_H_
#define PICKLEBOX_BOX_WALK_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/source.h"
#include "base/window.h"
#include "box/format.h"
#include "box/item.h"

namespace picklebox::box {

// An item, its content, and what it was read as.
struct Opened {
  const Item& item;
  std::shared_ptr<base::Source> source;
  Head head;
  // The formats of containers that it has been read as; literals.
  std::vector<absl::string_view> read_as;
};

// Called for each item that can be opened, after the readers. False ends it.
using Look = std::function<bool(Opened& opened, Notes* notes)>;

void Walk(Shared* shared, std::shared_ptr<base::Source> file, bool named_pickle,
          const Look& look);

// The same on the way to the member of that path only, as Members::Path has it.
void WalkTo(Shared* shared, std::shared_ptr<base::Source> file,
            absl::string_view member, const Look& look);

// A window over `source`. Its buffer is of shared->memory.
class ItemWindow {
 public:
  ItemWindow(Shared* shared, base::Source* source);
  // False: there is no memory for it.
  bool ok() const { return window_ != nullptr; }
  base::Window& operator*() { return *window_; }

 private:
  std::unique_ptr<base::Window> window_;
};

}  // namespace picklebox::box

#endif  // PICKLEBOX_BOX_WALK_H_
