// Many prompts of a file, continued together.
#pragma once

#include <string>

#include "program.h"
#include "tightrope/batch.h"

namespace tightrope::app {

struct Prompts {
  std::string file;  // empty: there are none
  bool jsonl = false;
  BatchOptions batch;
  std::uint64_t memory = 0;  // MiB
};

// --prompts, --jsonl, --parallel, --chunk, --kv-memory.
void add_prompts(Verb& verb, Prompts& prompts);

// A line of JSON for each prompt, in their order, as soon as it is known; with `json` one document. A prompt that cannot be run has an
// "error" in its line. Errors: those of reading; invalid_argument when prompts failed, after all others have been run.
void run_prompts(Engine& engine, const Prompts& prompts, const GenerateOptions& options, bool json);

}  // namespace tightrope::app
