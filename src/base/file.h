// Reading files whole or mapped, and writing them so that a crash never leaves half of one under its final name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace tightrope {

// Maps a regular file read-only. The mapping lives as long as any Bytes made from it. Errors: not_found, io, malformed (not a regular
// file).
Bytes map_file(const std::filesystem::path& path);

// Lets go of the memory behind bytes that came from map_file; they stay valid and are read from the file again when touched. Bytes of any
// other origin are left alone.
void release_pages(const Bytes& bytes);

// Reads a small text file whole. Errors: not_found, io; malformed when it is larger than `limit` bytes.
std::string read_text_file(const std::filesystem::path& path, std::uint64_t limit = std::uint64_t{64} << 20);

// What may happen to a file or folder that is already at the output path.
enum class Overwrite { refuse, replace };

// Throws already_exists or invalid_argument unless `output` may be written: it must not exist (or `overwrite` allows it and it is a regular
// file), must not be a symbolic link, must not be one of `inputs` nor lie inside an input folder, and its parent must be a folder.
void check_output_path(const std::filesystem::path& output, std::span<const std::filesystem::path> inputs, Overwrite overwrite);

// Throws no_space, with both numbers, unless the file system of `folder` has `bytes` free.
void check_free_space(const std::filesystem::path& folder, std::uint64_t bytes);

// Makes it survive a crash that `path` was created, renamed or removed: syncs the folder it is in. Errors: io, no_space.
void sync_folder_of(const std::filesystem::path& path);

// How the names of files and folders under construction for `output` begin; they lie beside it. Legal however long the final name is.
std::string temporary_prefix(const std::filesystem::path& output);
// A name of that kind that nobody else takes.
std::filesystem::path temporary_beside(const std::filesystem::path& output);

// Throws what a failed system call means for somebody who writes `path`: no_space with what is free, or io. `step` is what failed:
// "writing 4096 bytes more". `error` is the system's number.
[[noreturn]] void fail_write(int error, const std::filesystem::path& path, std::string_view step);

// A file under construction beside its final name. commit() makes it durable and visible in one step (fsync, rename, fsync of the
// folder); destruction without commit() removes it. write_at is thread-safe.
class DurableFile {
 public:
  // With Overwrite::refuse, a file that appeared under the final name meanwhile stays as it is, and commit() throws already_exists.
  explicit DurableFile(const std::filesystem::path& final_path, Overwrite overwrite = Overwrite::replace);
  ~DurableFile();
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  void write_at(std::uint64_t offset, std::span<const std::byte> data);
  void append(std::span<const std::byte> data);
  void append(std::string_view text);
  std::uint64_t size() const noexcept { return size_; }  // bytes appended so far
  void commit();

 private:
  void give_final_name() const;

  std::filesystem::path final_path_, temporary_path_;
  Overwrite overwrite_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

// Writes a small file durably.
void write_text_file(const std::filesystem::path& path, std::string_view text);

}  // namespace tightrope
