// A checkpoint's tokenizer, or why its model goes without one.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "model/config.h"
#include "text/tokenizer.h"

namespace tightrope::model {

// A tokenizer of a kind nothing here can do is no reason to refuse the weights: then null, and a notice in `config`. Errors of `read` other
// than unsupported; malformed, when it has more tokens than the model. `source` begins the message.
std::shared_ptr<const text::Tokenizer> tokenizer_or_notice(const std::function<text::TokenizerDefinition()>& read, std::string_view source,
                                                           Config& config);

}  // namespace tightrope::model
