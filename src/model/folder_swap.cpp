// Two renames: the old folder out of the way, the new one in; the old one is removed last.
#include "model/folder_swap.h"

#include <system_error>

#include "base/error.h"
#include "base/file.h"

namespace tightrope::model {
namespace {

namespace fs = std::filesystem;

bool is_inside(const fs::path& path, const fs::path& folder) {
  std::error_code ignored;
  const fs::path inner = fs::weakly_canonical(path, ignored), outer = fs::weakly_canonical(folder, ignored);
  const fs::path relative = inner.lexically_relative(outer);
  return !relative.empty() && *relative.begin() != "..";
}

// What is in a folder that is about to be replaced must be what a model's folder has, or somebody's work could be lost.
void check_replaceable(const fs::path& folder, std::span<const fs::path> inputs) {
  if (fs::is_symlink(folder)) fail(ErrorCode::invalid_argument, "[save] '{}' is a symbolic link; name the folder itself", folder.string());
  if (!fs::exists(folder / "config.json"))
    fail(ErrorCode::already_exists, "[save] '{}' holds files but no config.json, so it is no model to replace; choose a new folder",
         folder.string());
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (!entry.is_regular_file())
      fail(ErrorCode::already_exists, "[save] '{}' holds '{}', which is no plain file, so it is not replaced; choose a new folder",
           folder.string(), entry.path().filename().string());
  for (const fs::path& input : inputs)
    if (is_inside(input, folder) || is_inside(folder, input))
      fail(ErrorCode::invalid_argument, "[save] '{}' is being read; choose another folder to write", folder.string());
}

fs::path parent_of(const fs::path& path) { return path.parent_path().empty() ? fs::path(".") : path.parent_path(); }

fs::path new_folder_beside(const fs::path& target) {
  const fs::path parent = parent_of(target);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const fs::path candidate = parent / fmt::format(".{}.{}.tmp", target.filename().string(), attempt);
    std::error_code error;
    if (fs::create_directory(candidate, error)) return candidate;
    if (error) fail(ErrorCode::io, "[save] no folder can be made in '{}': {}", parent.string(), error.message());
  }
  fail(ErrorCode::io, "[save] '{}' is full of temporary folders of earlier runs; remove them", parent.string());
}

}  // namespace

FolderSwap::FolderSwap(fs::path target, std::span<const fs::path> inputs, bool overwrite) : target_(std::move(target)) {
  const bool taken = fs::is_directory(fs::symlink_status(target_)) ? !fs::is_empty(target_) : false;
  if (taken && !overwrite)
    fail(ErrorCode::already_exists, "[save] '{}' exists and is not empty; choose another folder or allow it to be overwritten",
         target_.string());
  if (taken)
    check_replaceable(target_, inputs);
  else if (!fs::is_directory(fs::symlink_status(target_)))
    check_output_path(target_, inputs, Overwrite::refuse);
  temporary_ = new_folder_beside(target_);
}

FolderSwap::~FolderSwap() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

void FolderSwap::commit() {
  std::error_code error;
  if (!fs::exists(target_) || fs::is_empty(target_)) {
    fs::remove(target_, error);
    fs::rename(temporary_, target_, error);
  } else {
    const fs::path old = new_folder_beside(target_);
    fs::rename(target_, old, error);  // an empty folder may be renamed over
    if (!error) fs::rename(temporary_, target_, error);
    std::error_code undo;
    if (error && !fs::exists(target_)) fs::rename(old, target_, undo);
    if (!error) fs::remove_all(old, undo);
  }
  if (error) fail(ErrorCode::io, "[save] '{}' cannot be put in place: {}", target_.string(), error.message());
  temporary_.clear();
  sync_folder(parent_of(target_));
}

}  // namespace tightrope::model
