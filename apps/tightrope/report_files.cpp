// Writing reports.
#include "report_files.h"

#include <fmt/format.h>

#include <system_error>

#include "tightrope/error.h"

namespace tightrope::app {
namespace {

namespace fs = std::filesystem;

fs::path html_path(const fs::path& target) { return target.extension() == ".html" ? target : target / "report.html"; }
fs::path json_path(const fs::path& target) { return html_path(target).replace_extension(".json"); }

// A new folder comes into being only when the report is written, so here its parent is what must be there.
void check_new_folder(const fs::path& folder) {
  if (folder.has_filename() && folder.has_extension())  // "page.txt", but not "pages.2/"
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[report] '{}' is neither a .html file nor a folder; name one of the two", folder.string()));
  const fs::path parent = (folder.has_filename() ? folder : folder.parent_path()).parent_path();
  std::error_code ignored;
  if (!parent.empty() && !fs::is_directory(parent, ignored))
    throw Error(ErrorCode::invalid_argument, fmt::format("[report] there is no folder '{}'; create it first", parent.string()));
}

}  // namespace

void check_report(const fs::path& target, bool overwrite) {
  std::error_code ignored;
  if (html_path(target) != target && !fs::exists(target, ignored)) return check_new_folder(target);
  check_writable(html_path(target), overwrite);
  check_writable(json_path(target), overwrite);
}

void write_report(const Report& report, const fs::path& target, bool overwrite) {
  std::error_code error;
  if (html_path(target) != target) fs::create_directory(target.has_filename() ? target : target.parent_path(), error);
  if (error) throw Error(ErrorCode::io, fmt::format("[report] cannot create the folder '{}': {}", target.string(), error.message()));
  write_text(json_path(target), report.to_json() + "\n", overwrite);
  write_text(html_path(target), report.to_html(), overwrite);
}

}  // namespace tightrope::app
