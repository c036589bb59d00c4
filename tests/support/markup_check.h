// Whether markup is well-formed: every element closed in order, no stray '<' or '&', attributes quoted.
#pragma once

#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace tightrope::test {

// What is wrong with the markup, or an empty string. Content of <style> is skipped. `void_elements`: HTML's without an end tag.
inline std::string markup_fault(std::string_view text, const std::vector<std::string_view>& void_elements = {}) {
  std::vector<std::string> open;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '&') {
      const std::size_t end = text.find(';', i);
      if (end == std::string_view::npos || end - i > 8) return "stray & at '" + std::string(text.substr(i, 40)) + "'";
      i = end + 1;
    } else if (text[i] != '<') {
      ++i;
    } else {
      std::size_t end = i + 1;  // the '>' outside quotes
      for (bool quoted = false; end < text.size() && (quoted || text[end] != '>'); ++end) quoted ^= text[end] == '"';
      if (end >= text.size()) return "unfinished tag at '" + std::string(text.substr(i, 40)) + "'";
      const std::string_view tag = text.substr(i + 1, end - i - 1);
      i = end + 1;
      if (tag.starts_with('!')) continue;
      if (tag.starts_with('/')) {
        if (open.empty() || open.back() != tag.substr(1)) return "unexpected </" + std::string(tag.substr(1)) + ">";
        open.pop_back();
        continue;
      }
      std::size_t length = 0;
      while (length < tag.size() && (std::isalnum(static_cast<unsigned char>(tag[length])) != 0)) ++length;
      if (length == 0) return "stray < at '" + std::string(tag.substr(0, 40)) + "'";
      const std::string name(tag.substr(0, length));
      bool is_void = tag.ends_with('/');
      for (const std::string_view element : void_elements) is_void = is_void || element == name;
      if (!is_void) open.push_back(name);
      if (name == "style") i = text.find("</style>", i);
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

}  // namespace tightrope::test
