// Every packed format, F32 and attention, with one, 8 and 512 tokens.
#include "eval/roofline.h"

#include <algorithm>

#include "base/clock.h"
#include "eval/latency.h"
#include "eval/layer_timer.h"
#include "eval/processor_time.h"

namespace tightrope::eval {
namespace {

constexpr std::size_t kLength = 2048;
constexpr std::size_t kMemoryBytes = std::size_t{256} << 20;  // of weights that are to come from memory
constexpr std::size_t kCachedRows = 2048;                     // of the layer that many tokens share
constexpr std::size_t kFew[] = {1, 8}, kMany = 512;

// The median of at least five runs and a tenth of a second, after one to warm up.
template <class Run>
double median_seconds(const Run& run) {
  run();
  std::vector<double> times;
  const Stopwatch watch;
  while (times.size() < 5 || watch.seconds() < 0.1) times.push_back(run());
  return spread_of(std::move(times)).median;
}

class Rows {
 public:
  Rows(Roofline& roofline, kernels::Isa isa, ThreadPool& threads) : roofline_(roofline), isa_(isa), threads_(threads) {}

  void layer(const formats::Format* format) {
    const std::size_t group = bytes_of_rows(isa_, format, kernels::kGroupRows, kLength);
    const std::size_t rows = kMemoryBytes / group * kernels::kGroupRows;
    for (const std::size_t tokens : kFew) add(format, {rows, kLength, tokens});
    add(format, {kCachedRows, kLength, kMany});
  }

  // 32 query tokens of 8 heads that share a key head after 1984 others; what they read stays in the cache.
  void attention(const char* name, kernels::Cell cell) {
    constexpr std::size_t kTokens = 32, kGroup = 8, kHead = 64, kBefore = 1984, kPositions = kBefore + kTokens;
    const std::size_t cells = kernels::key_tiles(kPositions) * kernels::kKeyTile * kHead * kernels::cell_layout(cell).bytes;
    const kernels::AlignedFloats queries(kTokens * kGroup * kHead, 0.1f);
    const kernels::AlignedBytes keys(cells), values(cells);  // speed does not depend on what they are
    const std::size_t heads = std::size_t{8} * threads_.size();
    const auto run = [&] {
      const Stopwatch watch;
      threads_.parallel_for(heads, 1, [&](std::uint64_t, std::uint64_t) {
        kernels::AlignedFloats output(kTokens * kGroup * kHead), scratch(kernels::attention_scratch(kTokens * kGroup, kHead));
        kernels::kernel_table(isa_).attention[static_cast<std::size_t>(cell)]({.queries = queries.data(),
                                                                               .keys = keys.data(),
                                                                               .values = values.data(),
                                                                               .output = output.data(),
                                                                               .scratch = scratch.data(),
                                                                               .tokens = kTokens,
                                                                               .group = kGroup,
                                                                               .head = kHead,
                                                                               .query_stride = kGroup * kHead,
                                                                               .key_stride = kHead * kernels::kAttentionBlock,
                                                                               .value_stride = kHead * kernels::kAttentionBlock,
                                                                               .output_stride = kGroup * kHead,
                                                                               .first_position = kBefore,
                                                                               .positions = kPositions,
                                                                               .behind = kernels::AttentionArguments::kEverything,
                                                                               .ahead = 0,
                                                                               .scale = 0.125f});
      });
      return watch.seconds();
    };
    const double work = 4.0 * kTokens * kGroup * kHead * (kBefore + kTokens / 2.0) * static_cast<double>(heads);
    const std::string arithmetic = cell == kernels::Cell::bf16 && roofline_.ceilings.find("bf16") != nullptr ? "bf16" : "fp32";
    push(against_ceilings(name, arithmetic, work, 0, median_seconds(run), roofline_.ceilings), kTokens);
  }

 private:
  void add(const formats::Format* format, const LayerShape& shape) {
    LayerTimer timer(isa_, format, shape, threads_);
    const double seconds = median_seconds([&] { return timer.seconds(); });
    const std::string name(format == nullptr ? "f32" : format->name);
    push(against_ceilings(name, arithmetic_of(format), timer.operations(), timer.bytes(), seconds, roofline_.ceilings), shape.tokens);
  }
  // Halves run as bfloat16 where there is an instruction for it, else in single precision.
  std::string arithmetic_of(const formats::Format* format) const {
    if (format != nullptr && format->kind == formats::Kind::block) return "int8";
    return format != nullptr && format->name != "f32" && roofline_.ceilings.find("bf16") != nullptr ? "bf16" : "fp32";
  }
  void push(KernelSpeed speed, std::size_t tokens) {
    speed.tokens = tokens;
    roofline_.kernels.push_back(std::move(speed));
  }

  Roofline& roofline_;
  kernels::Isa isa_;
  ThreadPool& threads_;
};

std::vector<const formats::Format*> packed_formats(kernels::Isa isa) {
  std::vector<const formats::Format*> packed;
  for (const formats::Format* format : formats::all())
    if (kernels::packed_format(isa, *format) != nullptr) packed.push_back(format);
  return packed;
}

}  // namespace

KernelSpeed against_ceilings(const std::string& kernel, const std::string& arithmetic, double operations, double bytes, double seconds,
                             const kernels::Ceilings& ceilings) {
  const kernels::Peak* peak = ceilings.find(arithmetic);
  const double reading = bytes / ceilings.read_all_threads, computing = peak == nullptr ? 0 : operations / peak->all_threads;
  KernelSpeed speed{.kernel = kernel, .operations = operations / seconds, .bytes = bytes / seconds};
  if (peak == nullptr) return speed;  // which of the two binds is not known
  speed.ceiling = reading > computing ? "read" : arithmetic;
  speed.share = std::max(reading, computing) / seconds;
  return speed;
}

Roofline measure_roofline(unsigned threads, const Progress& progress) {
  const kernels::Isa isa = kernels::isa_from_environment();
  const ForeignLoad foreign;
  ThreadPool pool(threads);
  Roofline roofline{.isa = std::string(kernels::isa_name(isa)), .ceilings = kernels::measure_ceilings(isa, pool.size())};
  const std::vector<const formats::Format*> packed = packed_formats(isa);
  const bool packs_floats = std::find(packed.begin(), packed.end(), &formats::get("f32")) != packed.end();
  const std::uint64_t total = packed.size() + (packs_floats ? 3 : 4);
  std::uint64_t done = 0;
  const auto step = [&] {
    if (progress) progress({.stage = "kernels", .done = ++done, .total = total, .unit = "kernels"});
  };
  step();
  Rows rows(roofline, isa, pool);
  for (const formats::Format* format : packed) rows.layer(format), step();
  if (!packs_floats) rows.layer(nullptr), step();
  rows.attention("attention f32", kernels::Cell::f32), step();
  rows.attention("attention bf16", kernels::Cell::bf16), step();
  roofline.foreign_cpu = foreign.cores();
  return roofline;
}

}  // namespace tightrope::eval
