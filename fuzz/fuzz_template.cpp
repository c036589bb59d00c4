// Any bytes as a chat template (up to the first NUL) over one conversation with the rest as its text: a typed error, or text whose marks
// are in order and within it, in which no special token is made of the user's words.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "text/jinja/template.h"
#include "text/utf8.h"
#include "tightrope/error.h"

namespace {

using namespace tightrope;

void require(bool holds) {
  if (!holds) std::abort();
}

Json conversation(std::string_view text) {
  Json message = Json::object();
  message["role"] = Json("user");
  message["content"] = Json(text::repaired_utf8(text));
  Json list = Json::array();
  list.push_back(std::move(message));
  return list;
}

void check_marks(const text::jinja::Rendered& rendered) {
  std::size_t done = 0;
  for (const text::ByteSpan& span : rendered.from_user) {
    require(span.begin >= done && span.begin < span.end && span.end <= rendered.text.size());
    done = span.end + 1;  // spans that touch are one
  }
  require(text::is_valid_utf8(rendered.text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t end = all.find('\0');
  const std::string_view user = end == std::string_view::npos ? "a <s> b" : all.substr(end + 1);
  text::jinja::Limits limits;
  limits.steps = 20'000;  // so that one input takes little time
  limits.memory_bytes = std::uint64_t{4} << 20;
  try {
    const text::jinja::Template chat(all.substr(0, end), limits);
    chat.literals();
    check_marks(chat.render({{"messages", conversation(user)}, {"bos_token", Json("<s>"), true}, {"tools", Json()}}, 0));
  } catch (const Error& error) {
    require(error.code() != ErrorCode::internal);
  }
  return 0;
}
