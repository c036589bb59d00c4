// A language model as a value: load it, look at it, check it, save it in another container.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tightrope/progress.h"

namespace tightrope {

struct TensorInfo {
  std::string name;                  // canonical: "blocks.0.attn.q"
  std::vector<std::uint64_t> shape;  // slowest dimension first: a linear weight is [out, in]
  std::string format;                // "bf16", "q4_k"
  std::uint64_t bytes = 0;
};

struct ModelInfo {
  std::string path, name, architecture;
  std::string head_class;  // what the model gives, as transformers calls it: "LlamaForCausalLM", "BertForMaskedLM"
  std::string container;   // container: "gguf", "safetensors", or "memory" for a model no file holds
  std::uint64_t parameters = 0;
  std::uint64_t file_bytes = 0, weight_bytes = 0;  // file_bytes is 0 for a model no file holds
  double bits_per_weight = 0;
  std::uint64_t vocab = 0, model = 0, blocks = 0, heads = 0, kv_heads = 0, head = 0, ffn = 0;
  std::uint64_t experts = 0, experts_used = 0;                         // of a block, and by a token; 0: no mixture
  std::uint64_t context = 0;                                           // tokens
  bool tied = false;                                                   // the head is the embedding
  std::string rope;                                                    // "theta 10000, linear scaling 2"; empty when there is none
  std::string tokenizer;                                               // "byte-level BPE, llama-bpe, 8192 tokens"; empty when there is none
  std::string chat_template;                                           // Jinja source; empty when there is none
  std::vector<std::pair<std::string, std::uint64_t>> bytes_by_format;  // largest first
  std::vector<std::pair<std::string, std::string>> provenance;         // what a Tightrope file says of its making, key and value
  std::vector<std::string> notices;                                    // what was ignored and why
};

// A tensor that holds NaN or infinity.
struct NonFinite {
  std::string tensor;
  std::uint64_t count = 0;  // of values
  std::uint64_t first = 0;  // index of the first, row-major
};

struct SaveOptions {
  bool overwrite = false;
  unsigned threads = 0;  // 0: every available core
  Progress progress = {};
};

// Cheap to copy, immutable, thread-safe to read. Tensors stay in the mapped file until something asks for them.
class Model {
 public:
  // A Hugging Face folder, a .safetensors beside its config.json, or a .gguf.
  // Errors: not_found, io, malformed, unsupported.
  static Model load(const std::filesystem::path& path);

  ModelInfo info() const;
  std::vector<TensorInfo> tensors() const;
  // Decodes every weight. Empty: all are finite.
  std::vector<NonFinite> non_finite(unsigned threads = 0, const Progress& progress = {}) const;

  // The matrices in a plain format ("f32", "f16", "bf16"); `vectors` too: norms and biases as well, as Hugging Face folders have them.
  // Values are converted as they are saved. Errors: invalid_argument.
  Model cast(std::string_view format, bool vectors = false) const;
  // With a PEFT adapter (LoRA, rsLoRA or DoRA): a folder with adapter_config.json and adapter_model.safetensors. It is applied as the model
  // runs, whatever the weights' format, and cannot be saved unless it is merged. Errors: not_found, io, malformed, unsupported (naming what
  // of the adapter), invalid_argument (a second one).
  Model with_adapter(const std::filesystem::path& folder) const;
  // The adapter's numbers added to the weights, computed as they are saved or run. Each changed matrix keeps its format, or takes the plain
  // `format`. Errors: unsupported (a quantised matrix without `format`; an embedding that is the head, too), invalid_argument.
  Model merged(std::string_view format = {}) const;

  // What other readers (llama.cpp) would make of a GGUF of this model otherwise than it is, in sentences; empty when they agree. Tightrope
  // itself reads the same model back.
  std::vector<std::string> gguf_differences() const;

  // To a GGUF when the name ends in .gguf, otherwise to a Hugging Face folder. Durable: complete or not there at all.
  // Errors: already_exists, invalid_argument, no_space, io, malformed (a weight that is not finite), unsupported.
  void save(const std::filesystem::path& path, const SaveOptions& options = {}) const;

  // For the library's own functions.
  struct Implementation;
  explicit Model(std::shared_ptr<const Implementation> implementation) : implementation_(std::move(implementation)) {}
  const Implementation& implementation() const { return *implementation_; }

 private:
  std::shared_ptr<const Implementation> implementation_;
};

// True when a path names a GGUF file, judged by its name.
bool is_gguf_path(const std::filesystem::path& path);

// How the names of files and folders begin that this process has under construction for `output`; they lie beside it.
std::string unfinished_prefix(const std::filesystem::path& output);

// One JSON object each; keys as the members above.
std::string to_json(const ModelInfo& info);
std::string to_json(const ModelInfo& info, const std::vector<TensorInfo>& tensors);

}  // namespace tightrope
