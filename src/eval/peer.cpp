// llama-bench: its command line, its JSON, its failures.
#include "eval/peer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fstream>

#include "base/child.h"
#include "base/error.h"
#include "base/json.h"
#include "eval/markup.h"

namespace tightrope::eval {
namespace {

// A key that only one engine prints says which it is.
struct Trait {
  std::string_view key, engine;
};
constexpr std::array kTraits = {Trait{"mla_attn", "ik_llama.cpp"}, Trait{"fused_moe", "ik_llama.cpp"}, Trait{"repack", "ik_llama.cpp"},
                                Trait{"backends", "llama.cpp"}, Trait{"n_depth", "llama.cpp"}};

std::string engine_of(const Json& row) {
  const auto found = std::ranges::find_if(kTraits, [&](const Trait& trait) { return row.find(trait.key) != nullptr; });
  return std::string(found == kTraits.end() ? "unknown" : found->engine);
}

// The last line that says something, for an error.
std::string last_words(std::string_view text) {
  constexpr std::size_t kMost = 200;  // bytes
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.remove_suffix(1);
  const std::string_view line = text.substr(text.rfind('\n') + 1);  // npos + 1 is 0
  return line.empty() ? "it said nothing" : fmt::format("it said '{}'", printable(line.substr(0, kMost)));
}

// From the line that opens the array to the last bracket.
std::string_view array_in(std::string_view text) {
  std::size_t begin = text.starts_with('[') ? 0 : text.find("\n[");
  const std::size_t end = text.rfind(']');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return {};
  return text.substr(begin, end + 1 - begin);
}

std::uint64_t count(const Json& row, std::string_view key) { return row.at(key, "llama-bench").as_uint(key); }

// Tokens a second of the measurement of so many tokens.
double rate(const Json::Array& rows, std::uint64_t prompt, std::uint64_t generated, const PeerRequest& request, std::string_view program) {
  const auto found =
      std::ranges::find_if(rows, [&](const Json& row) { return count(row, "n_prompt") == prompt && count(row, "n_gen") == generated; });
  const auto what = prompt > 0 ? "a prompt" : "generation";
  if (found == rows.end())
    fail(ErrorCode::malformed, "[bench] '{}' printed no measurement of {} of {} tokens; is it a llama-bench?", program, what,
         prompt + generated);
  if (count(*found, "n_threads") != request.threads)
    fail(ErrorCode::malformed, "[bench] '{}' measured {} with {} threads instead of {}; that cannot be compared", program, what,
         count(*found, "n_threads"), request.threads);
  const Json* depth = found->find("n_depth");  // printed by those that know depths
  if ((depth == nullptr ? 0 : depth->as_uint("n_depth")) != request.depth)
    fail(ErrorCode::malformed, "[bench] '{}' measured {} at another depth than {}; that cannot be compared", program, what, request.depth);
  const double value = found->at("avg_ts", "llama-bench").as_double("avg_ts");
  if (!std::isfinite(value) || value <= 0)
    fail(ErrorCode::malformed, "[bench] '{}' measured {} tokens/s for {}, which is no speed; run it by itself to see why", program, value,
         what);
  return value;
}

void require_success(const ChildResult& result, const std::filesystem::path& program, const PeerRequest& request) {
  using End = ChildResult::End;
  const std::string words = last_words(result.errors);
  switch (result.end) {
    case End::exited:
      if (result.code == 0) return;
      fail(ErrorCode::io, "[bench] '{}' ended with exit status {}; {}; run it by itself to see why", program.string(), result.code, words);
    case End::signalled:
      fail(ErrorCode::io, "[bench] '{}' crashed ({}); {}; run it by itself to see why", program.string(), ::strsignal(result.code), words);
    case End::too_slow:
      fail(ErrorCode::io, "[bench] '{}' was not done after {} s and was ended; {}; give it more time or fewer tokens", program.string(),
           request.seconds, words);
    case End::too_talkative:
      fail(ErrorCode::io, "[bench] '{}' printed more than a benchmark does and was ended; is it a llama-bench?", program.string());
  }
}

}  // namespace

PeerSpeed read_peer_output(std::string_view text, const PeerRequest& request, std::string_view program) {
  const std::string_view array = array_in(text);
  if (array.empty()) fail(ErrorCode::malformed, "[bench] '{}' printed no JSON array; {}; is it a llama-bench?", program, last_words(text));
  const Json json = Json::parse(array, fmt::format("the output of '{}'", program));
  const Json::Array& rows = json.as_array("llama-bench");
  PeerSpeed speed;
  speed.prefill = rate(rows, request.prefill_tokens, 0, request, program);
  speed.decode = rate(rows, 0, request.decode_tokens, request, program);
  speed.engine = engine_of(rows.front());
  const Json* build = rows.front().find("build_commit");
  if (build != nullptr && build->is_string()) speed.build = build->as_string("build_commit");
  return speed;
}

PeerSpeed measure_peer(const std::filesystem::path& program, const PeerRequest& request, const std::function<void()>& watch) {
  std::vector<std::string> arguments = {"-m", request.model.string(),
                                        "-t", std::to_string(request.threads),
                                        "-p", std::to_string(request.prefill_tokens),
                                        "-n", std::to_string(request.decode_tokens),
                                        "-r", "1",
                                        "-o", "json"};
  if (request.depth > 0) arguments.insert(arguments.end(), {"-d", std::to_string(request.depth)});
  const ChildResult result = run_child(program, arguments, {.seconds = request.seconds}, watch);
  require_success(result, program, request);
  PeerSpeed speed = read_peer_output(result.output, request, program.string());
  speed.seconds = result.seconds;
  return speed;
}

void require_gguf_file(const std::filesystem::path& model) {
  std::error_code ignored;
  if (!std::filesystem::exists(model, ignored)) fail(ErrorCode::not_found, "[bench] there is no '{}'; name a GGUF file", model.string());
  std::array<char, 4> magic{};
  if (!std::filesystem::is_directory(model, ignored)) std::ifstream(model, std::ios::binary).read(magic.data(), magic.size());
  if (std::string_view(magic.data(), magic.size()) == "GGUF") return;
  fail(ErrorCode::invalid_argument,
       "[bench] '{}' is no GGUF file, and the other program reads nothing else; make one with 'tightrope convert {} -o model.gguf' and "
       "measure "
       "that",
       model.string(), model.string());
}

}  // namespace tightrope::eval
