// Conversations as the text a model was trained on, with the user's words marked so that they never turn into control tokens.
#pragma once

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/byte_span.h"
#include "text/jinja/template.h"
#include "text/tokenizer.h"

namespace tightrope::text {

struct RenderedChat {
  std::string text;
  std::vector<ByteSpan> from_user;  // what came from messages, tools, documents and options: ascending bytes of the text
};

struct ChatInput {
  Json messages = Json::array();  // objects with "role" and "content"
  Json tools, documents;          // null: none
  bool add_generation_prompt = true;
  Json options;         // object of further variables of the template ("enable_thinking"); null: none
  std::time_t now = 0;  // what strftime_now() tells
};

// The special tokens that templates write, as the tokenizer spells them; empty where there is none.
struct ChatTokens {
  std::string bos, eos, unknown, padding;
};
ChatTokens chat_tokens(const Tokenizer& tokenizer);

// Immutable and thread-safe.
class ChatTemplate {
 public:
  // Errors: malformed, unsupported, out_of_memory.
  explicit ChatTemplate(std::string_view source, ChatTokens tokens = {}, const jinja::Limits& limits = {});

  // As transformers renders it: keys with null are left out of messages, and reasoning is found under all its names. Errors: those of the
  // template; invalid_argument for messages that are none and for options that would replace a reserved variable.
  RenderedChat render(const ChatInput& input) const;

  // Sentences that read like instructions to the model, shortened: text that reaches it whatever the messages say.
  std::vector<std::string> instructions() const;

 private:
  jinja::Template template_;
  ChatTokens tokens_;
};

// The template's control tokens become tokens, the user's text never does; nothing is put around it.
std::vector<TokenId> encode_chat(const Tokenizer& tokenizer, const RenderedChat& chat);

// Templates that a user can ask for by name. Null when there is none of this name.
struct NamedTemplate {
  std::string_view name, source;
};
const NamedTemplate* find_chat_template(std::string_view name);
std::string chat_template_names();

}  // namespace tightrope::text
