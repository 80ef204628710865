// Bytes that are kept in chunks of the budget, as they come.
#ifndef PICKLEBOX_CONTAINER_KEPT_SOURCE_H_
#define PICKLEBOX_CONTAINER_KEPT_SOURCE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "base/source.h"
#include "container/budget.h"

namespace picklebox::container {

class KeptSource final : public base::Source {
 public:
  // The budget outlives it.
  explicit KeptSource(Budget* budget) : budget_(budget) {}
  ~KeptSource() override {
    for (size_t i = 0; i < chunks_.size(); ++i) budget_->GiveBack();
  }
  KeptSource(const KeptSource&) = delete;
  KeptSource& operator=(const KeptSource&) = delete;

  // False: there is no room for all of it; what fits is kept.
  bool Append(absl::Span<const uint8_t> bytes);

  uint64_t size() const override { return size_; }
  bool ReadAt(uint64_t offset, uint8_t* to, size_t n) override;
  std::optional<absl::Span<const uint8_t>> Memory() const override {
    if (chunks_.size() != 1) return std::nullopt;
    return absl::MakeConstSpan(chunks_[0].get(), static_cast<size_t>(size_));
  }

 private:
  Budget* const budget_;
  std::vector<std::unique_ptr<uint8_t[]>> chunks_;  // all full but the last
  uint64_t size_ = 0;
};

}  // namespace picklebox::container

#endif  // PICKLEBOX_CONTAINER_KEPT_SOURCE_H_
