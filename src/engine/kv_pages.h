// Memory of keys and values: pages of a fixed number of positions, which sequences take, give back, and share where they begin alike.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/pages.h"
#include "kernels/ops.h"
#include "model/config.h"
#include "text/tokenizer.h"

namespace tightrope::engine {

// Positions of a page: those whose scores the attention kernels keep at a time, so that no softmax crosses a border that was not there.
inline constexpr std::uint64_t kPagePositions = kernels::kAttentionBlock;

constexpr std::uint64_t pages_for(std::uint64_t tokens) { return tokens / kPagePositions + (tokens % kPagePositions != 0 ? 1 : 0); }

// Where the cells of a page lie: [blocks] of the keys of all heads, then the values, each as the kernels read them.
struct KvLayout {
  KvLayout(const model::Config& config, kernels::Cell kind);
  bool operator==(const KvLayout&) const = default;

  // Cells before the keys or the values of a block.
  std::size_t keys(std::size_t block) const { return block * (key_cells + value_cells); }
  std::size_t values(std::size_t block) const { return keys(block) + key_cells; }

  kernels::Cell cell;
  std::uint64_t blocks, key_cells, value_cells;  // of a block: [kv_heads, positions * key_width], [kv_heads, positions * head]
  std::uint64_t page_bytes;
};

struct KvPage {
  std::byte* cells = nullptr;
  std::uint64_t references = 0;  // sequences that hold it
  // Of a page that others may find, which is never written again: its number, that of the page before it (0: none), and its tokens.
  std::uint64_t number = 0, before = 0;
  std::vector<text::TokenId> tokens;
  std::list<KvPage>::iterator self;

  bool published() const { return number != 0; }
};

// Pages that nobody holds but that may be found are kept until others need the room, the longest unused first. Thread-safe; a page's cells
// belong to whoever holds it. Neither copied nor moved: shared by the sequences that live in it.
class KvPages {
 public:
  static constexpr std::uint64_t kUnlimited = UINT64_MAX;

  struct Options {
    std::uint64_t limit = kUnlimited;  // pages there may ever be
    bool share = false;                // whether sequences that begin alike share pages
  };
  KvPages(const KvLayout& layout, const Options& options);
  KvPages(const KvPages&) = delete;
  KvPages& operator=(const KvPages&) = delete;

  const KvLayout& layout() const { return layout_; }
  bool shares() const { return options_.share; }
  std::uint64_t limit() const { return options_.limit; }

  // A page that only the caller holds. Errors: out_of_memory when all are held.
  KvPage* take();
  void release(KvPage* page) noexcept;

  // The page of `tokens` after page `before` (null: at the beginning), now held by the caller too; null where there is none.
  KvPage* find(const KvPage* before, std::span<const text::TokenId> tokens);
  // Lets others find a full page, whose cells must be final. Returns the page to hold instead: where an equal one is there already, that
  // one, and the caller's is given back.
  KvPage* publish(KvPage* page, const KvPage* before, std::span<const text::TokenId> tokens);

  // Full pages at the beginning of a text that are there; those among them that somebody holds.
  struct Prefix {
    std::uint64_t pages = 0, held = 0;
  };
  Prefix prefix_of(std::span<const text::TokenId> tokens) const;

  struct Counts {
    std::uint64_t held = 0, cached = 0;  // pages: by sequences; by nobody, but to be found
    std::uint64_t allocated = 0;         // all that were ever needed at once
  };
  Counts counts() const;
  std::uint64_t bytes() const { return counts().allocated * layout_.page_bytes; }
  // Forgets the pages that nobody holds.
  void drop_cache();

 private:
  KvPage* look_up(std::uint64_t before, std::span<const text::TokenId> tokens) const;
  void hold(KvPage& page);
  void forget(KvPage& page) noexcept;
  void grow();

  KvLayout layout_;
  Options options_;
  mutable std::mutex mutex_;
  std::vector<Pages> slabs_;
  std::list<KvPage> held_, cached_, free_;  // cached: the longest unused first
  std::unordered_multimap<std::uint64_t, KvPage*> published_;
  std::uint64_t allocated_ = 0, last_number_ = 0;
};

}  // namespace tightrope::engine
