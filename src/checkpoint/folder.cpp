// The fence around a model folder.
#include "checkpoint/folder.h"

#include <algorithm>
#include <system_error>

#include "base/error.h"
#include "checkpoint/names.h"

namespace tightrope::checkpoint {
namespace {

namespace fs = std::filesystem;

bool is_inside(const fs::path& path, const fs::path& folder) {
  const auto [folder_end, path_end] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return folder_end == folder.end() && path_end != path.end();
}

// models--org--name/blobs for models--org--name/snapshots/<revision> and the folders in it; empty for a folder that is no snapshot.
fs::path blobs_of(const fs::path& folder) {
  for (const fs::path& snapshots : {folder.parent_path(), folder.parent_path().parent_path()})
    if (snapshots.filename() == "snapshots") return snapshots.parent_path() / "blobs";
  return {};
}

}  // namespace

bool is_plain_name(std::string_view name) {
  return is_clean_name(name) && name != "." && name != ".." && name.find_first_of("/\\") == std::string_view::npos;
}

fs::path file_inside(const fs::path& folder, std::string_view name, std::string_view what) {
  if (!is_plain_name(name))
    fail(ErrorCode::malformed, "{} {} is no plain file name; files outside the folder '{}' are never opened", what, quote(name),
         folder.string());
  fs::path path = folder / name;
  std::error_code error;
  const fs::path target = fs::canonical(path, error);
  if (error == std::errc::no_such_file_or_directory)
    fail(ErrorCode::not_found, "{} there is no '{}'; the download is probably incomplete", what, path.string());
  if (error) fail(ErrorCode::io, "{} cannot follow '{}': {}", what, path.string(), error.message());
  const fs::path home = fs::canonical(folder, error);
  if (error) fail(ErrorCode::io, "{} cannot follow '{}': {}", what, folder.string(), error.message());
  const fs::path blobs = blobs_of(home);
  if (is_inside(target, home) || (!blobs.empty() && is_inside(target, blobs))) return path;
  fail(ErrorCode::malformed, "{} '{}' is a link that leaves its folder; copy the file there if you trust it", what, path.string());
}

}  // namespace tightrope::checkpoint
