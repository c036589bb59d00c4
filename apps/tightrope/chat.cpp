// tightrope chat: talk with a model, or let it answer one conversation.
#include "tightrope/chat.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "input.h"
#include "options.h"
#include "sampling_options.h"
#include "signals.h"
#include "terminal.h"
#include "tightrope/error.h"
#include "verbs.h"

namespace tightrope::app {
namespace {

struct Options {
  std::string model, system, user, messages, tools, variables, chat_template;
  GenerateOptions generate{.max_tokens = 512};
  EngineOptions engine;
  ChatOptions chat;
  bool json = false, truncate = false, show_prompt = false;
};

constexpr std::uintmax_t kFileLimit = std::uintmax_t{64} << 20;

std::string file_text(const std::string& path) {
  if (path == "-") return standard_input("chat");
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) throw Error(ErrorCode::not_found, fmt::format("[chat] cannot read '{}'; is the name right?", path));
  if (size > kFileLimit)
    throw Error(ErrorCode::invalid_argument, fmt::format("[chat] '{}' has {} bytes, at most {}", path, size, kFileLimit));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// The text of a file, or of a built-in template; empty: the model's own.
std::string template_text(const std::string& given) {
  std::error_code ignored;
  if (given.empty()) return "";
  return std::filesystem::is_regular_file(given, ignored) ? file_text(given) : builtin_chat_template(given);
}

void tell_dropped(std::uint64_t dropped) {
  if (dropped > 0) note(fmt::format("the conversation exceeds the context: its {} oldest messages were left out", dropped));
}

// One answer, streamed unless JSON is wanted.
void answer_once(const Options& options, const Model& model, const Conversation& conversation) {
  if (options.show_prompt) return print_line(apply_chat_template(model, conversation, options.chat).text);
  Engine engine(model, options.engine);
  const auto stream = [&](std::string_view text) {
    throw_if_interrupted();
    if (!options.json) print(text), flush_output();
    return true;
  };
  const ChatAnswer answer = chat(engine, model, conversation, options.generate, options.chat, stream);
  print(options.json ? to_json(answer.generated) + "\n" : "\n");
  flush_output();
  tell_dropped(answer.dropped);
}

// A conversation at a terminal, turn by turn.
class Talk {
 public:
  Talk(const Options& options, const Model& model) : options_(options), model_(model), engine_(model, options.engine) { reset(); }

  void run() {
    note("/exit ends, /reset forgets, /system TEXT sets the system message, Ctrl-C stops an answer.");
    for (std::string line; prompt(line);) {
      if (line.empty()) continue;
      if (line == "/exit") return;
      if (line == "/reset")
        reset();
      else if (line == "/system" || line.starts_with("/system "))
        set_system(line.size() > 8 ? line.substr(8) : "");
      else if (line.front() == '/')
        note(fmt::format("'{}' is no command; there are /exit, /reset, /system TEXT", line.substr(0, line.find(' '))));
      else
        take_turn(line);
    }
  }

 private:
  bool prompt(std::string& line) {
    print("> ");
    flush_output();
    const bool read = static_cast<bool>(std::getline(std::cin, line));
    throw_if_interrupted();
    if (!read) print("\n");
    return read;
  }

  void reset() {
    messages_.clear();
    if (!system_.empty()) messages_.push_back({"system", system_});
  }

  void set_system(std::string text) {
    system_ = std::move(text);
    reset();
  }

  // A turn that is refused is as if it had never been said.
  void take_turn(const std::string& line) {
    messages_.push_back({"user", line});
    std::string said;
    const auto stream = [&](std::string_view text) {
      said += text;
      print(text);
      flush_output();
      return !take_interruption();
    };
    try {
      const ChatAnswer answer = chat(engine_, model_, conversation_of(messages_), options_.generate, options_.chat, stream);
      print("\n");
      tell_dropped(answer.dropped);
      messages_.push_back({"assistant", said});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_argument) throw;
      messages_.pop_back();
      note(error.what());
    }
  }

  const Options& options_;
  const Model& model_;
  Engine engine_;
  std::string system_ = options_.system;
  std::vector<ChatMessage> messages_;
};

// The conversation that the options give; empty messages when it is to be typed.
Conversation given_conversation(const Options& options) {
  Conversation conversation;
  if (!options.messages.empty()) {
    if (!options.user.empty() || !options.system.empty())
      throw Error(ErrorCode::invalid_argument, "[usage] --messages holds the whole conversation; leave out --system and --user");
    conversation.messages = file_text(options.messages);
  } else if (!options.user.empty() || ::isatty(STDIN_FILENO) != 1) {
    std::vector<ChatMessage> messages;
    if (!options.system.empty()) messages.push_back({"system", options.system});
    messages.push_back({"user", options.user.empty() || options.user == "-" ? file_text("-") : options.user});
    conversation = conversation_of(messages);
  }
  if (!options.tools.empty()) conversation.tools = file_text(options.tools);
  conversation.options = options.variables;
  return conversation;
}

void run(Options options) {
  options.chat.truncate = options.truncate;
  options.chat.chat_template = template_text(options.chat_template);
  const Model model = Model::load(options.model);
  const Conversation conversation = given_conversation(options);
  if (!conversation.messages.empty()) return answer_once(options, model, conversation);
  apply_chat_template(model, conversation_of({{"user", "a"}}), options.chat);  // a model that cannot chat says so before anyone types
  Talk(options, model).run();
}

}  // namespace

void add_chat(Program& program) {
  auto options = std::make_shared<Options>();
  Verb verb =
      program.add_verb("chat", "Talk with a model, or let it answer a conversation",
                       {"tightrope chat models/wren-7m --chat-template plain --user \"Who are you?\" -n 20"}, [options] { run(*options); });
  add_model(verb, options->model);
  verb.option("--system", options->system, "TEXT", "The system message");
  verb.option("--user", options->user, "TEXT", "One message to answer; - reads it from standard input, as does no terminal there");
  verb.option("--messages", options->messages, "FILE", "A JSON array of messages with role and content; - for standard input");
  verb.option("--tools", options->tools, "FILE", "A JSON array of tools for the template");
  verb.option("--template-options", options->variables, "JSON", "Further variables of the template: {\"enable_thinking\": false}");
  verb.option("--chat-template", options->chat_template, "NAME|FILE", "Instead of the model's own: a Jinja file, chatml or plain");
  verb.flag("--truncate", options->truncate, "Drop the oldest turns of a conversation beyond the context");
  verb.flag("--show-prompt", options->show_prompt, "Print what the model would be given and nothing else");
  verb.option("-n,--tokens", options->generate.max_tokens, "N", "Most tokens of an answer (default 512)");
  add_sampling(verb, options->generate.sampling);
  add_compute(verb, options->engine.threads, options->engine.exact);
  add_json(verb, options->json);
}

}  // namespace tightrope::app
