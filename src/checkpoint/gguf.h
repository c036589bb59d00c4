// GGUF: versions 2 and 3 read, version 3 written. Source: ggml's docs/gguf.md.
#pragma once

#include "checkpoint/container.h"

namespace tightrope::checkpoint {

// Shapes come out slowest dimension first (GGUF stores them the other way round). Split files (…-00001-of-0000N.gguf) are joined.
// Errors: not_found, io, malformed, unsupported (version 1, big-endian, a tensor type without a format).
Container read_gguf(const std::filesystem::path& file);
// The same over bytes already in memory; `what` names them in errors.
Container parse_gguf(const Bytes& file, std::string_view what);

// The files that opening `file` reads, judged by its name: all parts of a split file, else itself.
std::vector<std::filesystem::path> gguf_parts(const std::filesystem::path& file);

// Durable. general.alignment in `metadata` is honoured (default 32).
void write_gguf(const std::filesystem::path& file, std::span<const PendingEntry> entries, const Metadata& metadata,
                const WriteOptions& options);

}  // namespace tightrope::checkpoint
