// Safetensors: one file, or a folder's shards behind model.safetensors.index.json. Reader and writer.
// Source: the format's specification (github.com/huggingface/safetensors, README) with every rule of its 2023 audit enforced.
#pragma once

#include "checkpoint/container.h"

namespace tightrope::checkpoint {

// Errors: not_found, io, malformed, unsupported (a dtype that exists but cannot be handled).
Container read_safetensors(const std::filesystem::path& file);
// The same over bytes already in memory; `what` names them in errors.
Container parse_safetensors(const Bytes& file, std::string_view what);

// `folder` holds model.safetensors, or model.safetensors.index.json and its shards (names inside the folder only; no links out of it).
Container read_safetensors_folder(const std::filesystem::path& folder);

// Durable. One file, its data with larger elements first, so that all are aligned. `metadata` holds strings only.
void write_safetensors(const std::filesystem::path& file, std::span<const PendingEntry> entries, const Metadata& metadata,
                       const WriteOptions& options);

// Into an existing folder: model.safetensors, or shards and their index when the total exceeds options.shard_bytes.
void write_safetensors_folder(const std::filesystem::path& folder, std::span<const PendingEntry> entries, const WriteOptions& options);

}  // namespace tightrope::checkpoint
