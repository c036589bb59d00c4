// Renders a stream of conversations for comparing with another implementation; tools/compare_templates.py drives it.
// Usage: template_stream NOW     one JSON object a line: {"template": path, "variables": {…}}; one answer a line: {"text"} or {"error"}
#include <ctime>
#include <iostream>
#include <map>
#include <string>

#include "base/file.h"
#include "base/json.h"
#include "text/jinja/template.h"

namespace {

using tightrope::Json;
using tightrope::text::jinja::Template;
using tightrope::text::jinja::Variable;

Json answer(const std::string& line, std::time_t now) try {
  const Json request = Json::parse(line, "a request");
  const Template chat(tightrope::read_text_file(request.at("template", "request").as_string("template"), std::uint64_t{1} << 24));
  std::vector<Variable> variables;
  for (const auto& [name, value] : request.at("variables", "request").as_object("variables")) variables.push_back({name, value});
  Json result = Json::object();
  result["text"] = Json(chat.render(variables, now).text);
  return result;
} catch (const std::exception& error) {
  Json result = Json::object();
  result["error"] = Json(error.what());
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  const std::time_t now = argc > 1 ? static_cast<std::time_t>(std::stoll(argv[1])) : 0;
  for (std::string line; std::getline(std::cin, line);) std::cout << answer(line, now).dump() << '\n' << std::flush;
}
