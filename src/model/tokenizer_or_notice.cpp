// One rule for both containers.
#include "model/tokenizer_or_notice.h"

#include "base/error.h"

namespace tightrope::model {

std::shared_ptr<const text::Tokenizer> tokenizer_or_notice(const std::function<text::TokenizerDefinition()>& read, std::string_view source,
                                                           Config& config) {
  try {
    text::TokenizerDefinition definition = read();
    if (definition.tokens.size() > config.vocab)
      fail(ErrorCode::malformed, "{} the tokenizer has {} tokens, the model embeds {}; they do not belong together", source,
           definition.tokens.size(), config.vocab);
    return std::make_shared<const text::Tokenizer>(std::move(definition));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::unsupported) throw;
    config.notices.push_back(fmt::format("the tokenizer was left out: {}", error.what()));
    return nullptr;
  }
}

}  // namespace tightrope::model
