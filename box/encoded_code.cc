#include "box/encoded_code.h"

#include <iterator>
#include <string>
#include <utility>

#include "graph/ledger.h"

namespace picklebox::box {
namespace {

using code::EncodedCode;

// Of one text, and of all.
constexpr uint64_t kMostOfText = 16 << 20;
constexpr size_t kMostEncoded = 1000;

void Add(std::vector<EncodedCode> more, std::vector<EncodedCode>* all) {
  if (all->size() + more.size() > kMostEncoded) return;
  all->insert(all->end(), std::make_move_iterator(more.begin()),
              std::make_move_iterator(more.end()));
}

}  // namespace

std::vector<EncodedCode> EncodedIn(const graph::GraphBuilder& builder,
                                   absl::string_view encoding, bool names_keras,
                                   const code::ReadExtent& read) {
  std::vector<EncodedCode> found;
  if (code::MayHoldEncoded(encoding)) {
    const bool keras = names_keras || code::IsOfKeras(encoding);
    for (graph::NodeWalk walk(builder.source(), 0); !walk.done(); walk.Next()) {
      const Node& node = walk.node();
      if (node.kind != NodeKind::kStr || node.extent) continue;
      Add(code::FindEncoded(node.text, 0, keras), &found);
    }
  }
  for (const graph::GraphBuilder::Long& item : builder.extents()) {
    if (item.kind != NodeKind::kStr && !names_keras) continue;
    std::string text;
    if (item.extent.length > kMostOfText || !read(item.extent, &text)) continue;
    if (!code::MayHoldEncoded(text)) continue;
    Add(code::FindEncoded(text, item.extent.offset,
                          names_keras || code::IsOfKeras(text)),
        &found);
  }
  return found;
}

}  // namespace picklebox::box
