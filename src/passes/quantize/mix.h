// Mixes: which weight format each tensor of a model gets, as rules over roles and blocks.
// The named ones follow llama.cpp's llama-quantize (src/llama-quant.cpp, 2026), so that the files have the sizes people know.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "formats/format.h"
#include "model/model.h"

namespace tightrope::passes {

// Says whether a rule holds for block `block` of `blocks`.
using Blocks = bool (*)(std::uint64_t block, std::uint64_t blocks);

struct MixRule {
  std::string_view role;        // "attn.v" (also of queries, keys and values in one tensor), "ffn.down" (also of experts), "attn.o", …
  std::string_view format;      // what it becomes
  Blocks where = nullptr;       // null: every block
  std::uint64_t min_group = 0;  // only when at least so many query heads share a key head
  std::uint64_t experts = 0;    // only with so many experts; 0: any number
};

struct Mix {
  std::string_view name;           // as on the command line
  std::string_view alias;          // another name for it; may be empty
  std::string_view base;           // the format of everything no rule names
  std::string_view head;           // of the output matrix, or of the embedding that doubles as one; empty: the base
  int gguf_file_type;              // general.file_type
  std::span<const MixRule> rules;  // the first that applies wins
};

// The named mixes, and every format that a GGUF can hold and no mix is named after: alone, for every matrix. The most bits come first.
std::vector<Mix> all_mixes();
// By name or alias, without regard to case; throws not_found listing the names.
Mix get_mix(std::string_view name);

// Whether passes leave a matrix as it is: positions, token types and routers are small, and what they decide is not.
bool stays_unquantised(std::string_view name);
// The format tensor `name` of `model` gets from `mix` before its row length is looked at; with `pure`, the base always.
const formats::Format& format_in_mix(const Mix& mix, const model::Model& model, std::string_view name, bool pure);
// `format`, or what it falls back to until rows of `row_length` are whole blocks.
const formats::Format& fitting_format(const formats::Format& format, std::uint64_t row_length);

}  // namespace tightrope::passes
