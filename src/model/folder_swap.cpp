// Two renames: the old folder out of the way, the new one in; the old one is removed last, and comes back when anything fails.
#include "model/folder_swap.h"

#include <algorithm>
#include <cerrno>
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

// A step of a sentence model has a folder with nothing but its config.json.
bool is_module(const fs::path& folder) {
  if (!fs::is_directory(fs::symlink_status(folder))) return false;
  return std::ranges::all_of(fs::directory_iterator(folder), [](const fs::directory_entry& entry) {
    return entry.path().filename() == "config.json" && fs::is_regular_file(entry.symlink_status());
  });
}

// What is in a folder that is about to be replaced must be what a model's folder has, or somebody's work could be lost.
void check_replaceable(const fs::path& folder, std::span<const fs::path> inputs) {
  if (fs::is_symlink(folder)) fail(ErrorCode::invalid_argument, "[save] '{}' is a symbolic link; name the folder itself", folder.string());
  if (!fs::exists(folder / "config.json"))
    fail(ErrorCode::already_exists, "[save] '{}' holds files but no config.json, so it is no model to replace; choose a new folder",
         folder.string());
  for (const fs::directory_entry& entry : fs::directory_iterator(folder))
    if (!entry.is_regular_file() && !is_module(entry.path()))
      fail(ErrorCode::already_exists, "[save] '{}' holds '{}', which is no file of a model, so it is not replaced; choose a new folder",
           folder.string(), entry.path().filename().string());
  for (const fs::path& input : inputs)
    if (is_inside(input, folder) || is_inside(folder, input))
      fail(ErrorCode::invalid_argument, "[save] '{}' is being read; choose another folder to write", folder.string());
}

fs::path new_folder_beside(const fs::path& target) {
  fs::path folder = temporary_beside(target);
  std::error_code error;
  if (!fs::create_directory(folder, error)) fail_write(error ? error.value() : EEXIST, target, "making a folder beside it");
  return folder;
}

void rename_folder(const fs::path& from, const fs::path& to, const fs::path& target) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) fail_write(error.value(), target, "putting the folder in place");
}

bool is_occupied(const fs::path& target) {
  std::error_code ignored;
  return fs::is_directory(fs::symlink_status(target, ignored)) && !fs::is_empty(target, ignored);
}

void check_target(const fs::path& target, std::span<const fs::path> inputs, bool overwrite) {
  const bool taken = is_occupied(target);
  if (taken && !overwrite)
    fail(ErrorCode::already_exists, "[save] '{}' exists and is not empty; choose another folder or allow replacing it (--force)",
         target.string());
  if (taken)
    check_replaceable(target, inputs);
  else if (std::error_code ignored; !fs::is_directory(fs::symlink_status(target, ignored)))
    check_output_path(target, inputs, Overwrite::refuse);
}

}  // namespace

FolderSwap::FolderSwap(fs::path target, std::span<const fs::path> inputs, bool overwrite) : target_(std::move(target)) {
  try {
    check_target(target_, inputs, overwrite);
  } catch (const fs::filesystem_error& error) {  // a name that is too long, a folder that may not be read
    fail(ErrorCode::invalid_argument, "[save] '{}' cannot be looked at: {}; choose another folder", target_.string(),
         error.code().message());
  }
  temporary_ = new_folder_beside(target_);
}

FolderSwap::~FolderSwap() {
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

void FolderSwap::commit() {
  const fs::path old = is_occupied(target_) ? new_folder_beside(target_) : fs::path();
  bool moved_away = false, placed = false;
  try {
    if (!old.empty()) rename_folder(target_, old, target_);  // an empty folder may be renamed over
    moved_away = !old.empty();
    rename_folder(temporary_, target_, target_);
    placed = true;
    sync_folder_of(target_);
  } catch (const Error&) {
    std::error_code ignored;
    if (placed) fs::rename(target_, temporary_, ignored);
    if (moved_away) fs::rename(old, target_, ignored);
    if (!old.empty() && !moved_away) fs::remove(old, ignored);
    throw;
  }
  temporary_.clear();
  std::error_code ignored;
  if (!old.empty()) fs::remove_all(old, ignored);
}

}  // namespace tightrope::model
