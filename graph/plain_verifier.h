// The short way of the verifier, for what most nodes are.
#ifndef PICKLEBOX_GRAPH_PLAIN_VERIFIER_H_
#define PICKLEBOX_GRAPH_PLAIN_VERIFIER_H_

#include <cstdint>

#include "absl/types/span.h"
#include "graph/ledger.h"

namespace picklebox::graph {

// Verifies plain nodes, with the position held in registers: scalars, ASCII
// text, empty containers, small tuples and changes of native containers, as
// long as nothing about them is news to a visitor. Its rules are those of the
// verifier, which has the last word on all that is left to it.
class PlainVerifier {
 public:
  // `ledger` is of the nodes of `encoding`, and outlives this. All runs
  // together have at most `run_items` items.
  PlainVerifier(absl::Span<const uint8_t> encoding, uint64_t run_items,
                Ledger* ledger)
      : begin_(encoding.data()),
        end_(begin_ + encoding.size()),
        run_items_(run_items),
        ledger_(*ledger) {}

  // Adds the nodes from `p` on to the ledger, up to the first that is different
  // or wrong, and returns where that begins. `at` is the offset register.
  const uint8_t* Take(const uint8_t* p, uint64_t at);

  // The same budget for runs elsewhere; false if it is used up.
  bool ChargeRun(uint64_t items) {
    if (items > run_items_) return false;
    run_items_ -= items;
    return true;
  }

 private:
  // These return the position behind a node, or nullptr with nothing done.
  const uint8_t* Tuple(const uint8_t* p, int count, NodeId next);
  const uint8_t* Append(const uint8_t* p, NodeId next);
  const uint8_t* SetItems(const uint8_t* p, NodeId next);

  const uint8_t* const begin_;
  const uint8_t* const end_;
  uint64_t run_items_;  // that may still come
  Ledger& ledger_;
};

}  // namespace picklebox::graph

#endif  // PICKLEBOX_GRAPH_PLAIN_VERIFIER_H_
