// Writing reports.
#include "report_files.h"

#include <fmt/format.h>

#include <system_error>

#include "tightrope/error.h"
#include "tightrope/output.h"

namespace tightrope::app {
namespace {

namespace fs = std::filesystem;

fs::path html_path(const fs::path& target) { return target.extension() == ".html" ? target : target / "report.html"; }
fs::path json_path(const fs::path& target) { return html_path(target).replace_extension(".json"); }

// A new folder comes into being only when the report is written, so here its parent is what must be there.
void check_new_folder(const fs::path& folder, std::span<const fs::path> inputs) {
  if (folder.has_filename() && folder.has_extension())  // "page.txt", but not "pages.2/"
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[report] '{}' is neither a .html file nor a folder; name one of the two", folder.string()));
  check_writable(folder.has_filename() ? folder : folder.parent_path(), false, inputs);
}

}  // namespace

void check_report(const fs::path& target, bool overwrite, std::span<const fs::path> inputs) {
  std::error_code ignored;
  if (html_path(target) != target && !fs::is_directory(target, ignored)) return check_new_folder(target, inputs);
  check_writable(html_path(target), overwrite, inputs);
  check_writable(json_path(target), overwrite, inputs);
}

void write_report(const Report& report, const fs::path& target, bool overwrite) {
  const bool made = html_path(target) != target && make_folder(target);
  std::error_code ignored;
  bool has_json = false;
  try {
    write_text(json_path(target), report.to_json() + "\n", overwrite);
    has_json = true;
    write_text(html_path(target), report.to_html(), overwrite);
  } catch (...) {
    if (has_json) fs::remove(json_path(target), ignored);
    if (made) fs::remove(target, ignored);
    throw;
  }
}

}  // namespace tightrope::app
