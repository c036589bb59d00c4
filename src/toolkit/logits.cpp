// write_logits: token ids in, logits and hidden states out, for comparing with another implementation.
#include <algorithm>
#include <array>
#include <cstring>

#include "base/checked.h"
#include "base/cpu.h"
#include "base/error.h"
#include "base/file.h"
#include "checkpoint/safetensors.h"
#include "engine/engine.h"
#include "tightrope/engine.h"
#include "toolkit/model_handle.h"
#include "toolkit/token_batch.h"

namespace tightrope {
namespace {

constexpr std::uint64_t kTokensAPass = 256;  // bounds the engine's own buffer of logits

// One output tensor in memory: [rows * columns, width], zero where masked.
struct Output {
  std::string name;
  std::uint64_t width = 0;
  std::vector<float> values;

  void store(std::uint64_t position, std::span<const float> rows) {
    std::copy(rows.begin(), rows.end(), values.begin() + static_cast<std::ptrdiff_t>(position * width));
  }
};

// What the whole result takes must fit in half of this machine's memory, and where it is to be written.
void check_room(const toolkit::TokenBatch& batch, const model::Config& config, bool hidden, const std::filesystem::path& output) {
  const std::uint64_t width = config.vocab + (hidden ? (config.blocks + 1) * config.model : 0);
  const std::uint64_t bytes = checked_multiply(checked_multiply(batch.ids.size(), width, "the output"), sizeof(float), "the output");
  if (const std::uint64_t limit = cpu_facts().memory_bytes / 2; bytes > limit)
    fail(ErrorCode::out_of_memory, "[logits] the output would take {} bytes, above the limit of {}; give fewer tokens at a time", bytes,
         limit);
  check_free_space(output.parent_path(), bytes);
}

class LogitsRun {
 public:
  LogitsRun(const Model& model, toolkit::TokenBatch batch, const LogitsOptions& options)
      : engine_(model.implementation().model, {.threads = options.threads, .isa = std::nullopt, .exact = options.exact}),
        batch_(std::move(batch)),
        options_(options) {
    const model::Config& config = engine_.model().config();
    add("logits", config.vocab);
    if (!options.hidden) return;
    for (std::uint64_t i = 0; i <= config.blocks; ++i) add(fmt::format("hidden.{}", i), config.model);
    engine_.observe_hidden(
        [this](std::uint64_t index, std::span<const float> hidden, std::uint64_t) { outputs_.at(1 + index).store(position_, hidden); });
  }

  std::vector<Output> run() && {
    for (std::uint64_t row = 0; row < batch_.rows; ++row) run_row(row);
    return std::move(outputs_);
  }

 private:
  void add(std::string name, std::uint64_t width) {
    outputs_.push_back({std::move(name), width, std::vector<float>(batch_.ids.size() * width)});
  }

  void run_row(std::uint64_t row) {
    const std::span<const text::TokenId> tokens = batch_.row(row);
    engine::Sequence sequence = engine_.new_sequence(tokens.size());
    for (std::uint64_t begin = 0; begin < tokens.size(); begin += kTokensAPass) {
      const std::uint64_t count = std::min<std::uint64_t>(kTokensAPass, tokens.size() - begin);
      position_ = row * batch_.columns + begin;
      const std::array chunk = {engine::Chunk{.sequence = &sequence, .tokens = tokens.subspan(begin, count), .all_logits = true}};
      outputs_.front().store(position_, engine_.forward(chunk));
      if (options_.progress) options_.progress({"logits", position_ + count, batch_.ids.size(), "tokens"});
    }
  }

  engine::Engine engine_;
  toolkit::TokenBatch batch_;
  const LogitsOptions& options_;
  std::vector<Output> outputs_;
  std::uint64_t position_ = 0;  // in the batch, of the pass under way
};

checkpoint::PendingEntry pending(const Output& output, const Shape& shape) {
  const auto rows = [&output](std::uint64_t first, std::uint64_t count, std::span<std::byte> out) {
    std::memcpy(out.data(), output.values.data() + first * output.width, count * output.width * sizeof(float));
  };
  return {output.name, &formats::get("f32"), shape, rows};
}

}  // namespace

void write_logits(const Model& model, const std::filesystem::path& ids, const std::filesystem::path& output, const LogitsOptions& options) {
  const std::array inputs = {ids, model.implementation().path};
  check_output_path(output, inputs, options.overwrite ? Overwrite::replace : Overwrite::refuse);
  const model::Config& config = model.implementation().model.config();
  toolkit::TokenBatch batch = toolkit::read_token_batch(ids, config);
  check_room(batch, config, options.hidden, output);
  const std::uint64_t rows = batch.rows, columns = batch.columns;
  const std::vector<Output> outputs = LogitsRun(model, std::move(batch), options).run();
  std::vector<checkpoint::PendingEntry> entries;
  entries.reserve(outputs.size());
  for (const Output& each : outputs) entries.push_back(pending(each, Shape({rows, columns, each.width})));
  checkpoint::WriteOptions write;
  write.threads = options.threads;
  write.overwrite = options.overwrite;
  write.inputs.assign(inputs.begin(), inputs.end());
  checkpoint::Metadata metadata;
  metadata.set("format", {std::string("pt")});
  checkpoint::write_safetensors(output, entries, metadata, write);
}

}  // namespace tightrope
