// Chat templates: what they are given, and who wrote which part of it.
#include "text/chat_template.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/error.h"

namespace tightrope::text {
namespace {

constexpr std::array<std::string_view, 8> kReserved = {"messages",  "tools",     "documents", "add_generation_prompt",
                                                       "bos_token", "eos_token", "unk_token", "pad_token"};
constexpr std::array<std::string_view, 9> kFunctions = {"range",  "dict",   "namespace", "raise_exception", "strftime_now", "lipsum",
                                                        "cycler", "joiner", "self"};
// Roles build control tokens in some templates ('<|' + role + '|>'). Any other role is the user's text.
constexpr std::array<std::string_view, 12> kRoles = {"system",  "developer", "user",        "assistant",     "tool",    "function",
                                                     "ipython", "model",     "observation", "tool_response", "chatbot", "environment"};
// The first is what templates read, the others are older names for it.
constexpr std::array<std::string_view, 3> kReasoning = {"reasoning_content", "thinking", "reasoning"};

template <class Names>
bool listed(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool is_known_role(std::string_view key, std::string_view text) { return key == "role" && listed(kRoles, text); }

// Without nulls, and with the reasoning under the names that templates read: "thinking" comes first then.
Json normalized_message(const Json& message) {
  Json::Object kept;
  for (const auto& [key, value] : message.as_object("a chat message"))
    if (!value.is_null()) kept.emplace_back(key, value);
  Json all(kept);
  const auto* const name = std::ranges::find_if(kReasoning, [&](std::string_view candidate) { return all.find(candidate) != nullptr; });
  if (name == kReasoning.end()) return all;
  const Json reasoning = *all.find(*name);
  const Json* const thinking = all.find("thinking");
  Json aliased = Json::object();
  aliased["thinking"] = thinking != nullptr ? *thinking : reasoning;
  for (const auto& [key, value] : kept) aliased[key] = value;
  aliased["reasoning_content"] = reasoning;
  return aliased;
}

Json normalized_messages(const Json& messages) {
  Json list = Json::array();
  for (const Json& message : messages.as_array("the messages of a chat")) list.push_back(normalized_message(message));
  return list;
}

std::string spelling(const Tokenizer& tokenizer, std::int64_t id) {
  return id < 0 ? "" : tokenizer.definition().tokens[static_cast<std::size_t>(id)].piece;
}

// Text without its control tokens, in small letters, with one space between words.
std::string words_of(std::string_view text) {
  std::string words;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '<') {
      const std::size_t end = text.find('>', i);
      if (end != std::string_view::npos && end - i < 40) i = end;
      words += ' ';
      continue;
    }
    const auto c = static_cast<unsigned char>(text[i]);
    const bool space = std::isspace(c) != 0;
    if (!space || !words.ends_with(' ')) words += space ? ' ' : static_cast<char>(std::tolower(c));
  }
  return words;
}

// A sentence of at least four words that speaks to the model. Crude on purpose: a false alarm costs a look, a miss hides a back door.
bool reads_like_instruction(std::string_view text) {
  constexpr std::array<std::string_view, 22> kPhrases = {
      "you are",   "you have",    "you may",          "you must", "you should",  "you can",  "you will", "your task",
      "your role", "your answer", "always ",          "never ",   "do not ",     "don't ",   "please ",  "make sure",
      "respond ",  "answer ",     "knowledge cutoff", "ignore ",  "instruction", "remember "};
  const std::string words = words_of(text);
  if (std::ranges::count(words, ' ') < 3) return false;
  return std::ranges::any_of(kPhrases, [&](std::string_view phrase) { return words.find(phrase) != std::string::npos; });
}

std::string shortened(std::string text) {
  constexpr std::size_t kShown = 120;
  std::ranges::replace(text, '\n', ' ');
  if (text.size() <= kShown) return text;
  std::size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

}  // namespace

ChatTokens chat_tokens(const Tokenizer& tokenizer) {
  const auto& definition = tokenizer.definition();
  return {spelling(tokenizer, definition.bos), spelling(tokenizer, definition.eos), spelling(tokenizer, definition.unknown),
          spelling(tokenizer, definition.padding)};
}

ChatTemplate::ChatTemplate(std::string_view source, ChatTokens tokens, const jinja::Limits& limits)
    : template_(source, limits), tokens_(std::move(tokens)) {}

RenderedChat ChatTemplate::render(const ChatInput& input) const {
  std::vector<jinja::Variable> variables = {{"messages", normalized_messages(input.messages)},
                                            {"tools", input.tools},
                                            {"documents", input.documents},
                                            {"add_generation_prompt", Json(input.add_generation_prompt)}};
  const std::array<std::pair<const char*, const std::string*>, 4> tokens = {
      {{"bos_token", &tokens_.bos}, {"eos_token", &tokens_.eos}, {"unk_token", &tokens_.unknown}, {"pad_token", &tokens_.padding}}};
  for (const auto& [name, text] : tokens)
    if (!text->empty()) variables.push_back({name, Json(*text), true});
  if (!input.options.is_null()) {
    for (const auto& [name, value] : input.options.as_object("the options of a chat template")) {
      if (listed(kReserved, name) || listed(kFunctions, name))
        fail(ErrorCode::invalid_argument, "[chat] the option '{}' would replace a variable that the template relies on; leave it out",
             name);
      variables.push_back({name, value});
    }
  }
  jinja::Rendered rendered = template_.render(variables, input.now, is_known_role);
  return {std::move(rendered.text), std::move(rendered.from_user)};
}

std::vector<std::string> ChatTemplate::instructions() const {
  std::vector<std::string> found;
  for (const std::string& text : template_.literals())
    if (reads_like_instruction(text)) found.push_back(shortened(text));
  return found;
}

std::vector<TokenId> encode_chat(const Tokenizer& tokenizer, const RenderedChat& chat) {
  return tokenizer.encode(chat.text, {.add_special = false, .parse_special = true, .literal = chat.from_user});
}

const NamedTemplate* find_chat_template(std::string_view name) {
  static constexpr std::array kNamed = {
      NamedTemplate{"chatml", R"({%- for message in messages -%}
{{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\n' -}}{%- endif -%})"},
      NamedTemplate{"plain", R"({%- for message in messages -%}
{%- if message.role == 'system' -%}{{- message.content + '\n\n' -}}
{%- else -%}{{- message.role | capitalize + ': ' + message.content + '\n' -}}
{%- endif -%}{%- endfor -%}
{%- if add_generation_prompt -%}{{- 'Assistant:' -}}{%- endif -%})"},
  };
  const auto found = std::ranges::find(kNamed, name, &NamedTemplate::name);
  return found == kNamed.end() ? nullptr : &*found;
}

std::string chat_template_names() { return "chatml, plain"; }

}  // namespace tightrope::text
