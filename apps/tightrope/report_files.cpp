// Writing reports.
#include "report_files.h"

#include <system_error>

namespace tightrope::app {
namespace {

namespace fs = std::filesystem;

fs::path html_path(const fs::path& target) { return target.extension() == ".html" ? target : target / "report.html"; }
fs::path json_path(const fs::path& target) { return html_path(target).replace_extension(".json"); }

}  // namespace

void check_report(const fs::path& target, bool overwrite, std::span<const fs::path> inputs) {
  std::error_code ignored;
  const bool to_folder = html_path(target) != target;
  if (to_folder && !fs::is_directory(target, ignored)) return check_writable(target, false, inputs);  // a folder yet to be made
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
