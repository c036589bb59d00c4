// Another engine's speed, by its own benchmark program: llama-bench of llama.cpp or of ik_llama.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace tightrope::eval {

// What is asked of it: one measurement each of a prompt and of generation.
struct PeerRequest {
  std::filesystem::path model;  // a GGUF file
  std::uint64_t prefill_tokens = 512, decode_tokens = 64;
  std::uint64_t depth = 0;  // tokens before them; only llama.cpp's knows any other than 0
  unsigned threads = 1;
  double seconds = 600;  // it may take
};

struct PeerSpeed {
  std::string engine;              // "llama.cpp" or "ik_llama.cpp", told apart by what they print; "unknown"
  std::string build;               // its commit; may be empty
  double prefill = 0, decode = 0;  // tokens per second
  double seconds = 0;              // the whole run: start, load, warm-up, measurements
};

// Reads what `program` printed with -o json. Lines around the JSON are ignored. Errors: malformed (no JSON; a measurement is missing, or of
// another number of threads than was asked for, or no speed).
PeerSpeed read_peer_output(std::string_view text, const PeerRequest& request, std::string_view program);

// Runs it. `watch` as in run_child. Errors: io (it cannot be started, crashes, exits with an error or takes too long), malformed as above.
PeerSpeed measure_peer(const std::filesystem::path& program, const PeerRequest& request, const std::function<void()>& watch);

// Errors: invalid_argument when it is no GGUF file, which is all that llama-bench reads; not_found.
void require_gguf_file(const std::filesystem::path& model);

}  // namespace tightrope::eval
