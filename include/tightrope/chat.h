// Conversations: the model's chat template applied to messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tightrope/engine.h"
#include "tightrope/model.h"

namespace tightrope {

struct ChatMessage {
  std::string role, content;
};

// JSON texts, so that tool calls and other parts of messages need no types of their own.
struct Conversation {
  std::string messages;                   // an array of objects with "role" and "content"
  std::string tools, documents, options;  // empty: none; options are further variables of the template
};
Conversation conversation_of(const std::vector<ChatMessage>& messages);

struct ChatOptions {
  std::string chat_template;  // Jinja source or the name of a built-in one; empty: the model's own
  bool truncate = false;      // drop the oldest turns when the conversation exceeds the context; system messages stay
  std::int64_t now = -1;      // seconds since 1970 that a template may tell; -1: the present
};

// The source of a built-in template. Errors: not_found, with the names there are.
std::string builtin_chat_template(std::string_view name);

struct ChatPrompt {
  std::string text;
  std::vector<std::uint32_t> ids;
  std::uint64_t dropped = 0;  // messages left out by truncation
};

// What the model is given to answer. Text of the messages never becomes a control token. Errors: unsupported (no tokenizer, no template,
// what the template wants is not supported), malformed, invalid_argument (longer than the context and not to be truncated; the template
// refuses).
ChatPrompt apply_chat_template(const Model& model, const Conversation& conversation, const ChatOptions& options = {});

struct ChatAnswer {
  Generated generated;
  std::uint64_t dropped = 0;  // messages left out by truncation
};

// Answers the conversation; fewer than max_tokens where the context ends before.
ChatAnswer chat(Engine& engine, const Model& model, const Conversation& conversation, const GenerateOptions& generate = {},
                const ChatOptions& options = {}, const TextSink& sink = {});

// What a template is known by and what it says of its own accord.
struct ChatTemplateInfo {
  std::string sha256;                     // of the source
  std::vector<std::string> instructions;  // sentences in it that read like instructions to the model
  std::string problem;                    // why it cannot be used; empty when it can
};
ChatTemplateInfo inspect_chat_template(std::string_view source);

}  // namespace tightrope
