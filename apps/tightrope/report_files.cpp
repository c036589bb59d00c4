// Writing reports.
#include "report_files.h"

namespace tightrope::app {
namespace {

std::filesystem::path html_path(const std::filesystem::path& target) {
  return target.extension() == ".html" ? target : target / "report.html";
}

}  // namespace

void check_report(const std::filesystem::path& target, bool overwrite) {
  const std::filesystem::path html = html_path(target);
  if (html != target) std::filesystem::create_directories(target);
  check_writable(html, overwrite);
  check_writable(std::filesystem::path(html).replace_extension(".json"), overwrite);
}

void write_report(const Report& report, const std::filesystem::path& target, bool overwrite) {
  const std::filesystem::path html = html_path(target);
  write_text(std::filesystem::path(html).replace_extension(".json"), report.to_json() + "\n", overwrite);
  write_text(html, report.to_html(), overwrite);
}

}  // namespace tightrope::app
