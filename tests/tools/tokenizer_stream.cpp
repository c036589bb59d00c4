// Encodes and decodes a stream of texts for comparing with another implementation; tools/compare_tokenizers.py drives it.
// Usage: tokenizer_stream TOKENIZER_JSON [--plain-special]     frames on stdin and stdout
//        tokenizer_stream TOKENIZER_JSON --rewrite OUT         writes what the definition becomes as tokenizer.json
//        tokenizer_stream TOKENIZER_JSON --gguf OUT            writes it as a GGUF that holds nothing else
//        tokenizer_stream TOKENIZER_JSON --time TEXT_FILE      prints processor seconds of the fastest of five encodings
// Frame in: u32 byte count, bytes. Frame out: u32 id count, ids as u32, u32 byte count, the ids decoded.
#include <algorithm>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "checkpoint/gguf.h"
#include "model/gguf_tokenizer.h"
#include "text/tokenizer.h"
#include "text/tokenizer_json.h"

namespace {

using tightrope::text::TokenId;
using tightrope::text::Tokenizer;

constexpr std::uint64_t kFileLimit = std::uint64_t{1} << 30;

template <class Value>
void put(const Value* values, std::size_t count) {
  std::cout.write(reinterpret_cast<const char*>(values), static_cast<std::streamsize>(count * sizeof(Value)));
}

void put_count(std::size_t count) {
  const auto value = static_cast<std::uint32_t>(count);
  put(&value, 1);
}

void serve(const Tokenizer& tokenizer, bool parse_special) {
  std::uint32_t size = 0;
  std::string text;
  while (std::cin.read(reinterpret_cast<char*>(&size), sizeof size)) {
    text.resize(size);
    std::cin.read(text.data(), static_cast<std::streamsize>(size));
    const std::vector<TokenId> ids = tokenizer.encode(text, {.add_special = true, .parse_special = parse_special});
    const std::string decoded = tokenizer.decode(ids);
    put_count(ids.size());
    put(ids.data(), ids.size());
    put_count(decoded.size());
    put(decoded.data(), decoded.size());
  }
  std::cout.flush();
}

void time_encoding(const Tokenizer& tokenizer, const std::string& text) {
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const std::clock_t start = std::clock();  // processor time: other programs on the machine do not count
    const std::size_t count = tokenizer.encode(text).size();
    best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    if (i == 0) std::cout << count << " ids, ";
  }
  std::cout << best << " s\n";
}

// The keys that readers of a vocabulary-only GGUF want.
void write_vocabulary(const tightrope::text::TokenizerDefinition& definition, const std::string& path) {
  tightrope::checkpoint::Metadata metadata;
  metadata.set("general.architecture", {std::string("llama")});
  metadata.set("llama.context_length", {std::uint32_t{2048}});
  metadata.set("llama.embedding_length", {std::uint32_t{64}});
  metadata.set("llama.block_count", {std::uint32_t{1}});
  metadata.set("llama.feed_forward_length", {std::uint32_t{64}});
  metadata.set("llama.attention.head_count", {std::uint32_t{1}});
  metadata.set("llama.attention.layer_norm_rms_epsilon", {1e-5F});
  tightrope::model::write_gguf_tokenizer(definition, definition.tokens.size(), metadata);
  tightrope::checkpoint::write_gguf(path, {}, metadata, {.threads = 1, .overwrite = true, .inputs = {}, .progress = {}});
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) throw std::invalid_argument("give a tokenizer.json");
  const std::string option = arguments.size() > 1 ? arguments[1] : "";
  const std::filesystem::path json = arguments[0], config = json.parent_path() / "tokenizer_config.json";
  const std::string config_text = std::filesystem::exists(config) ? tightrope::read_text_file(config, kFileLimit) : "";
  const auto definition = tightrope::text::parse_tokenizer_json(tightrope::read_text_file(json, kFileLimit), config_text);
  if (option == "--rewrite")
    tightrope::write_text_file(arguments.at(2), tightrope::text::write_tokenizer_json(definition));
  else if (option == "--gguf")
    write_vocabulary(definition, arguments.at(2));
  else if (option == "--time")
    time_encoding(Tokenizer(definition), tightrope::read_text_file(arguments.at(2), kFileLimit));
  else
    serve(Tokenizer(definition), option != "--plain-special");
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 2;
}
