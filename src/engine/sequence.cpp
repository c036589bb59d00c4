// The key-value cache of one sequence: its page table.
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "engine/engine.h"

namespace tightrope::engine {
namespace {

bool depends_on_length(const model::Config& config) {
  return model::rope_depends_on_length(config.rope) || (config.local_rope && model::rope_depends_on_length(*config.local_rope));
}

}  // namespace

Sequence::Sequence(const model::Config& config, std::uint64_t capacity, std::shared_ptr<KvPages> pool)
    : pool_(std::move(pool)), capacity_(capacity), replays_(depends_on_length(config)), shares_(pool_->shares() && !replays_) {}

Sequence::Sequence(const model::Config& config, std::uint64_t capacity, kernels::Cell cell)
    : Sequence(config, capacity, std::make_shared<KvPages>(KvLayout(config, cell), KvPages::Options{})) {}

Sequence::~Sequence() { keep(0); }

Sequence& Sequence::operator=(Sequence&& other) noexcept {
  if (this == &other) return *this;
  keep(0);
  pool_ = std::move(other.pool_);
  capacity_ = other.capacity_;
  length_ = std::exchange(other.length_, 0);
  replays_ = other.replays_;
  shares_ = other.shares_;
  made_for_ = other.made_for_;
  tokens_ = std::move(other.tokens_);
  pages_ = std::exchange(other.pages_, {});
  cells_ = std::exchange(other.cells_, {});
  return *this;
}

void Sequence::rewind(std::uint64_t length) {
  if (length > length_) fail(ErrorCode::invalid_argument, "[engine] cannot rewind a sequence of {} tokens to {}", length_, length);
  length_ = length;
  if (replays_ || shares_) tokens_.resize(length);
}

std::uint64_t Sequence::reuse(std::span<const text::TokenId> tokens) {
  if (!shares_ || length_ % kPagePositions != 0) return 0;
  const std::uint64_t before = length_;
  keep(length_ / kPagePositions);
  while (tokens.size() > kPagePositions && capacity_ - length_ >= kPagePositions) {
    const std::span<const text::TokenId> next = tokens.first(kPagePositions);
    reserve(pages_.size() + 1);
    KvPage* page = pool_->find(pages_.empty() ? nullptr : pages_.back(), next);
    if (page == nullptr) break;
    pages_.push_back(page);
    cells_.push_back(page->cells);
    tokens_.insert(tokens_.end(), next.begin(), next.end());
    length_ += kPagePositions;
    tokens = tokens.subspan(kPagePositions);
  }
  made_for_ = length_;
  return length_ - before;
}

// Backwards, so that of two pages the later one is forgotten first: it is of no use without the other.
void Sequence::keep(std::uint64_t pages) noexcept {
  while (pages_.size() > pages) {
    pool_->release(pages_.back());
    pages_.pop_back();
    cells_.pop_back();
  }
}

// Room in the tables, so that a page that was taken is never lost.
void Sequence::reserve(std::uint64_t pages) {
  if (pages <= pages_.capacity() && pages <= cells_.capacity()) return;
  pages_.reserve(std::max<std::uint64_t>(pages, 2 * pages_.size()));
  cells_.reserve(std::max<std::uint64_t>(pages, 2 * cells_.size()));
}

void Sequence::make_room(std::uint64_t tokens) {
  const std::uint64_t first = length_ / kPagePositions, end = pages_for(length_ + tokens);
  reserve(end);
  for (std::uint64_t i = first; i < std::min<std::uint64_t>(end, pages_.size()); ++i)
    if (pages_[i]->published()) own(i);
  while (pages_.size() < end) {
    pages_.push_back(pool_->take());
    cells_.push_back(pages_.back()->cells);
  }
}

// Others may find page `index`: what is to be written goes into a copy.
void Sequence::own(std::uint64_t index) {
  KvPage* fresh = pool_->take();
  if (index * kPagePositions < length_) std::memcpy(fresh->cells, pages_[index]->cells, pool_->layout().page_bytes);
  pool_->release(std::exchange(pages_[index], fresh));
  cells_[index] = fresh->cells;
}

void Sequence::commit(std::span<const text::TokenId> tokens) {
  const std::uint64_t first = length_ / kPagePositions;
  if (replays_ || shares_) tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  length_ += tokens.size();
  made_for_ = length_;
  if (!shares_) return;
  for (std::uint64_t i = first; i < length_ / kPagePositions; ++i) {
    const std::span<const text::TokenId> own = std::span(tokens_).subspan(i * kPagePositions, kPagePositions);
    pages_[i] = pool_->publish(pages_[i], i == 0 ? nullptr : pages_[i - 1], own);
    cells_[i] = pages_[i]->cells;
  }
}

}  // namespace tightrope::engine
