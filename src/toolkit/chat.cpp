// Conversations for users of the library: prompt, truncation, the token that ends a turn.
#include "tightrope/chat.h"

#include <algorithm>
#include <ctime>

#include "base/error.h"
#include "base/json.h"
#include "base/sha256.h"
#include "text/chat_template.h"
#include "toolkit/engine_handle.h"
#include "toolkit/model_handle.h"

namespace tightrope {
namespace {

text::ChatTemplate template_of(const text::Tokenizer& tokenizer, const ChatOptions& options) {
  const text::NamedTemplate* named = text::find_chat_template(options.chat_template);
  const std::string source = named != nullptr                ? std::string(named->source)
                             : options.chat_template.empty() ? tokenizer.definition().chat_template
                                                             : options.chat_template;
  if (source.empty())
    fail(ErrorCode::unsupported,
         "[chat] the model has no chat template; let it continue a text with 'tightrope run', or give a template with --chat-template "
         "(a file, or one of {})",
         text::chat_template_names());
  return text::ChatTemplate(source, text::chat_tokens(tokenizer));
}

Json parsed(const std::string& text, std::string_view what) { return text.empty() ? Json() : Json::parse(text, what); }

text::ChatInput input_of(const Conversation& conversation, const ChatOptions& options) {
  return {.messages = Json::parse(conversation.messages, "the messages"),
          .tools = parsed(conversation.tools, "the tools"),
          .documents = parsed(conversation.documents, "the documents"),
          .add_generation_prompt = true,
          .options = parsed(conversation.options, "the template's options"),
          .now = options.now < 0 ? std::time(nullptr) : static_cast<std::time_t>(options.now)};
}

std::string role_of(const Json& message) {
  const Json* role = message.find("role");
  return role != nullptr && role->is_string() ? role->as_string("role") : "";
}

// Where the turns begin: a turn is a user's message and all that follows up to the next one.
std::vector<std::size_t> turns_of(const Json::Array& messages) {
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < messages.size(); ++i)
    if (role_of(messages[i]) == "user") starts.push_back(i);
  return starts;
}

// The special token that stands behind an assistant's words, when the template writes one; -1 otherwise.
std::int64_t turn_end(const text::Tokenizer& tokenizer, const text::ChatTemplate& chat, text::ChatInput input) {
  constexpr std::string_view kMarker = "qjxz";  // nothing a template would write
  input.messages = Json::parse(R"([{"role":"user","content":"a"},{"role":"assistant","content":"qjxz"}])", "a probe");
  input.add_generation_prompt = false;
  input.tools = input.documents = Json();
  try {
    const std::string text = chat.render(input).text;
    const std::size_t found = text.rfind(kMarker);
    if (found == std::string::npos) return -1;
    const std::size_t begin = text.find_first_not_of(" \n", found + kMarker.size());
    if (begin == std::string::npos) return -1;
    const auto ids = tokenizer.encode(text.substr(begin), {.add_special = false, .parse_special = true});
    const auto& added = tokenizer.definition().added;
    const auto token =
        std::ranges::find_if(added, [&](const auto& entry) { return entry.special && !ids.empty() && entry.id == ids.front(); });
    return token == added.end() ? -1 : static_cast<std::int64_t>(token->id);
  } catch (const Error&) {
    return -1;  // a template that refuses the probe may still render the conversation
  }
}

ChatPrompt rendered(const text::Tokenizer& tokenizer, const text::ChatTemplate& chat, const text::ChatInput& input) {
  const text::RenderedChat text = chat.render(input);
  return {.text = text.text, .ids = text::encode_chat(tokenizer, text)};
}

// The conversation without as many of its oldest turns as it must lose to fit; without all but the last if it never does. Fewer turns have
// fewer tokens, so their number is found by halving: thousands of turns cost a dozen renderings.
ChatPrompt shortened(const text::Tokenizer& tokenizer, const text::ChatTemplate& chat, text::ChatInput input, std::uint64_t context) {
  const Json::Array all = input.messages.as_array("the messages");
  const std::vector<std::size_t> starts = turns_of(all);
  const auto without = [&](std::size_t turns) {
    Json::Array left(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(starts.front()));
    left.insert(left.end(), all.begin() + static_cast<std::ptrdiff_t>(starts[turns]), all.end());
    input.messages = Json(std::move(left));
    ChatPrompt prompt = rendered(tokenizer, chat, input);
    prompt.dropped = starts[turns] - starts.front();
    return prompt;
  };
  std::size_t least = 1, most = starts.size() - 1;
  ChatPrompt best = without(most);
  while (least < most && best.ids.size() < context) {
    const std::size_t middle = least + (most - least) / 2;
    ChatPrompt prompt = without(middle);
    if (prompt.ids.size() < context)
      best = std::move(prompt), most = middle;
    else
      least = middle + 1;
  }
  return best;
}

ChatPrompt prompt_of(const Model& model, const text::ChatTemplate& chat, const text::ChatInput& input, bool truncate) {
  const model::Model& inner = model.implementation().model;
  const std::uint64_t context = inner.config().context;
  ChatPrompt prompt = rendered(inner.require_tokenizer(), chat, input);
  if (prompt.ids.size() >= context && truncate && turns_of(input.messages.as_array("the messages")).size() > 1)
    prompt = shortened(inner.require_tokenizer(), chat, input, context);
  if (prompt.ids.size() >= context)
    fail(ErrorCode::invalid_argument, "[chat] the conversation has {} tokens, the model's context {}; {}", prompt.ids.size(), context,
         truncate ? "its last turn alone is too long" : "shorten it, or ask for truncation (--truncate), which drops the oldest turns");
  return prompt;
}

}  // namespace

Conversation conversation_of(const std::vector<ChatMessage>& messages) {
  Json list = Json::array();
  for (const ChatMessage& message : messages) {
    Json entry = Json::object();
    entry["role"] = Json(message.role);
    entry["content"] = Json(message.content);
    list.push_back(std::move(entry));
  }
  return {.messages = list.dump(), .tools = {}, .documents = {}, .options = {}};
}

std::string builtin_chat_template(std::string_view name) {
  if (const text::NamedTemplate* found = text::find_chat_template(name)) return std::string(found->source);
  fail(ErrorCode::not_found, "[chat] the template '{}' is neither a file nor built in; built in are {}", name.substr(0, 256),
       text::chat_template_names());
}

ChatPrompt apply_chat_template(const Model& model, const Conversation& conversation, const ChatOptions& options) {
  const text::ChatTemplate chat = template_of(model.implementation().model.require_tokenizer(), options);
  return prompt_of(model, chat, input_of(conversation, options), options.truncate);
}

ChatAnswer chat(Engine& engine, const Model& model, const Conversation& conversation, const GenerateOptions& generate,
                const ChatOptions& options, const TextSink& sink) {
  const text::Tokenizer& tokenizer = model.implementation().model.require_tokenizer();
  const text::ChatTemplate chat = template_of(tokenizer, options);
  const text::ChatInput input = input_of(conversation, options);
  const ChatPrompt prompt = prompt_of(model, chat, input, options.truncate);
  GenerateOptions limited = generate;
  limited.max_tokens = std::min(generate.max_tokens, model.implementation().model.config().context - prompt.ids.size());
  const std::int64_t end = turn_end(tokenizer, chat, input);
  std::vector<text::TokenId> stop;
  if (end >= 0) stop.push_back(static_cast<text::TokenId>(end));
  return {toolkit::generate_from(engine, prompt.ids, limited, stop, sink), prompt.dropped};
}

ChatTemplateInfo inspect_chat_template(std::string_view source) {
  ChatTemplateInfo info{.sha256 = sha256(source), .instructions = {}, .problem = {}};
  try {
    info.instructions = text::ChatTemplate(source).instructions();
  } catch (const Error& error) {
    info.problem = error.what();
  }
  return info;
}

}  // namespace tightrope
