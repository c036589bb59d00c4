// The pool of pages and the index by which equal beginnings are found.
#include "engine/kv_pages.h"

#include <algorithm>

#include "base/checked.h"

namespace tightrope::engine {
namespace {

constexpr std::uint64_t kSlabBytes = std::uint64_t{2} << 20;  // small pages are asked for together

// A chain's hash is that of its last page's tokens and the number of the page before: equal hashes are compared in full.
std::uint64_t hash_of(std::uint64_t before, std::span<const text::TokenId> tokens) {
  std::uint64_t hash = 0xcbf29ce484222325u ^ before;
  for (const text::TokenId token : tokens) hash = (hash ^ token) * 0x100000001b3u;
  return hash ^ hash >> 32;
}

std::uint64_t number_of(const KvPage* page) { return page == nullptr ? 0 : page->number; }

}  // namespace

KvLayout::KvLayout(const model::Config& config, kernels::Cell kind) : cell(kind), blocks(config.blocks) {
  constexpr const char* kWhat = "the size of a page of keys and values";
  const kernels::CellLayout cells = kernels::cell_layout(kind);
  const std::uint64_t rows = checked_multiply(config.kv_heads, kPagePositions, kWhat);
  key_cells = checked_multiply(rows, cells.key_width(config.head), kWhat);
  value_cells = checked_multiply(rows, config.head, kWhat);
  const std::uint64_t block_bytes = checked_multiply(checked_add(key_cells, value_cells, kWhat), cells.bytes, kWhat);
  page_bytes = checked_multiply(block_bytes, blocks, kWhat);
}

KvPages::KvPages(const KvLayout& layout, const Options& options) : layout_(layout), options_(options) {}

KvPage* KvPages::take() {
  const std::lock_guard lock(mutex_);
  if (free_.empty() && allocated_ < options_.limit) grow();
  if (free_.empty() && !cached_.empty()) forget(cached_.front());
  if (free_.empty())
    fail(ErrorCode::out_of_memory, "[engine] all {} pages of keys and values are in use; allow more memory or run fewer texts at a time",
         options_.limit);
  KvPage& page = free_.front();
  held_.splice(held_.end(), free_, page.self);
  page.references = 1;
  return &page;
}

void KvPages::release(KvPage* page) noexcept {
  const std::lock_guard lock(mutex_);
  if (--page->references > 0) return;
  std::list<KvPage>& to = page->published() ? cached_ : free_;
  to.splice(page->published() ? to.end() : to.begin(), held_, page->self);
}

KvPage* KvPages::find(const KvPage* before, std::span<const text::TokenId> tokens) {
  const std::lock_guard lock(mutex_);
  KvPage* page = look_up(number_of(before), tokens);
  if (page != nullptr) hold(*page);
  return page;
}

KvPage* KvPages::publish(KvPage* page, const KvPage* before, std::span<const text::TokenId> tokens) {
  const std::lock_guard lock(mutex_);
  KvPage* equal = look_up(number_of(before), tokens);
  if (equal != nullptr) {
    hold(*equal);
    page->references = 0;
    free_.splice(free_.begin(), held_, page->self);
    return equal;
  }
  page->tokens.assign(tokens.begin(), tokens.end());
  page->before = number_of(before);
  published_.emplace(hash_of(page->before, tokens), page);
  page->number = ++last_number_;
  return page;
}

KvPages::Prefix KvPages::prefix_of(std::span<const text::TokenId> tokens) const {
  const std::lock_guard lock(mutex_);
  Prefix prefix;
  std::uint64_t before = 0;
  for (; tokens.size() > kPagePositions; tokens = tokens.subspan(kPagePositions)) {
    const KvPage* page = look_up(before, tokens.first(kPagePositions));
    if (page == nullptr) break;
    before = page->number;
    ++prefix.pages;
    prefix.held += page->references > 0 ? 1 : 0;
  }
  return prefix;
}

KvPages::Counts KvPages::counts() const {
  const std::lock_guard lock(mutex_);
  return {held_.size(), cached_.size(), allocated_};
}

void KvPages::drop_cache() {
  const std::lock_guard lock(mutex_);
  while (!cached_.empty()) forget(cached_.front());
}

KvPage* KvPages::look_up(std::uint64_t before, std::span<const text::TokenId> tokens) const {
  const auto [first, last] = published_.equal_range(hash_of(before, tokens));
  const auto found = std::find_if(
      first, last, [&](const auto& entry) { return entry.second->before == before && std::ranges::equal(entry.second->tokens, tokens); });
  return found == last ? nullptr : found->second;
}

void KvPages::hold(KvPage& page) {
  if (page.references++ == 0) held_.splice(held_.end(), cached_, page.self);
}

// A page after a forgotten one can be found no more, for numbers are not used again; it is older, so it goes first.
void KvPages::forget(KvPage& page) noexcept {
  const auto [first, last] = published_.equal_range(hash_of(page.before, page.tokens));
  published_.erase(std::find_if(first, last, [&](const auto& entry) { return entry.second == &page; }));
  page.number = page.before = 0;
  page.tokens.clear();
  free_.splice(free_.begin(), cached_, page.self);
}

void KvPages::grow() {
  const std::uint64_t together = std::max<std::uint64_t>(1, kSlabBytes / std::max<std::uint64_t>(1, layout_.page_bytes));
  const std::uint64_t count = std::min(together, options_.limit - allocated_);
  const Pages& slab = slabs_.emplace_back(checked_multiply(count, layout_.page_bytes, "the size of the keys and values"));
  for (std::uint64_t i = 0; i < count; ++i) {
    KvPage& page = free_.emplace_back();
    page.cells = slab.data() + i * layout_.page_bytes;
    page.self = std::prev(free_.end());
    ++allocated_;
  }
}

}  // namespace tightrope::engine
