// Attention of a run of rows, block of positions by block: what every instruction set does alike. Included inside the including file's
// namespace. A row is a pair of a query token and a head of the group.

// What is known of the rows between two blocks.
struct RowStates {
  std::size_t width;  // of a row of sums: the head in whole vectors
  float* sums;        // [rows, width] of values, each times e^(score - largest)
  float* queries;     // [rows, width] for the kernel's own form of them
  float* largest;     // [rows] score
  float* weights;     // [rows] sum of e^(score - largest)

  explicit RowStates(const AttentionArguments& a)
      : width((a.head + 15) / 16 * 16),
        sums(a.scratch),
        queries(sums + a.tokens * a.group * width),
        largest(queries + a.tokens * a.group * width),
        weights(largest + a.tokens * a.group) {}
};

// Columns of a block: positions from the block's first on.
struct Columns {
  std::size_t begin = kAttentionBlock, end = 0;

  HWY_INLINE bool empty() const { return end <= begin; }
  HWY_INLINE void join(const Columns& other) {
    if (other.empty()) return;
    begin = other.begin < begin ? other.begin : begin;
    end = other.end > end ? other.end : end;
  }
};

// What a token sees of the block that begins at position `first`.
HWY_INLINE Columns seen(const AttentionArguments& a, std::size_t first, std::size_t position) {
  const std::size_t begin = a.visible_begin(position), end = a.visible_end(position);
  if (end <= first || begin >= first + kAttentionBlock) return {};
  return {begin > first ? begin - first : 0, end < first + kAttentionBlock ? end - first : kAttentionBlock};
}

// kRows rows and one block: those rows and columns are computed that some row sees.
template <class Kernel, std::size_t kRows>
HWY_INLINE void attend_some(const AttentionArguments& a, const RowStates& states, std::size_t first, std::size_t row) {
  Columns each[kRows], all;
  for (std::size_t r = 0; r < kRows; ++r) {
    each[r] = seen(a, first, a.first_position + (row + r) / a.group);
    all.join(each[r]);
  }
  if (!all.empty()) Kernel::template attend<kRows>(a, states, first, row, each, all);
}

template <class Kernel>
HWY_INLINE void attend_block(const AttentionArguments& a, const RowStates& states, std::size_t first) {
  const std::size_t rows = a.tokens * a.group;
  std::size_t row = 0;
  for (; row + Kernel::kMostRows <= rows; row += Kernel::kMostRows) attend_some<Kernel, Kernel::kMostRows>(a, states, first, row);
  if constexpr (Kernel::kMostRows > 4)
    for (; row + 4 <= rows; row += 4) attend_some<Kernel, 4>(a, states, first, row);
  for (; row + 2 <= rows; row += 2) attend_some<Kernel, 2>(a, states, first, row);
  for (; row < rows; ++row) attend_some<Kernel, 1>(a, states, first, row);
}

template <class Kernel>
void attend_all(const AttentionArguments& a) noexcept {
  const RowStates states(a);
  const std::size_t rows = a.tokens * a.group;
  for (std::size_t row = 0; row < rows; ++row) {
    states.largest[row] = -HUGE_VALF;
    states.weights[row] = 0;
    Kernel::start(a, states, row, a.queries + row / a.group * a.query_stride + row % a.group * a.head);
  }
  const std::size_t end = a.tokens == 0 ? 0 : a.visible_end(a.first_position + a.tokens - 1);
  for (std::size_t first = a.visible_begin(a.first_position) / kAttentionBlock * kAttentionBlock; first < end; first += kAttentionBlock)
    attend_block<Kernel>(a, states, first);
  for (std::size_t row = 0; row < rows; ++row)
    Kernel::finish(a, states, row, a.output + row / a.group * a.output_stride + row % a.group * a.head);
}
