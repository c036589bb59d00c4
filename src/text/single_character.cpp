// A description's member that is one character.
#include "text/single_character.h"

#include "base/error.h"

namespace tightrope::text {

std::string character_of(const Json& description, std::string_view key) {
  const std::string& text = description.at(key, "a component").as_string(key);
  if (text.empty() || code_point_at(text, 0).bytes != text.size())
    fail(ErrorCode::malformed, "[tokenizer] {} is '{}' instead of one character; the file is damaged", key, text.substr(0, 64));
  return text;
}

}  // namespace tightrope::text
