// Tokens as they are generated, turned into text.
#pragma once

#include <string>

#include "text/tokenizer.h"
#include "tightrope/engine.h"
#include "toolkit/utf8_stream.h"

namespace tightrope::toolkit {

class GeneratedText {
 public:
  // The tokenizer must live longer.
  GeneratedText(const text::Tokenizer& tokenizer, TextSink sink)
      : tokenizer_(tokenizer), decoding_(tokenizer, true), sink_(std::move(sink)) {}

  // False when the sink has had enough. A model may embed more ids than its tokenizer knows; those say nothing.
  bool push(text::TokenId id) { return emit(id < tokenizer_.vocabulary_size() ? stream_.push(decoding_.push(id)) : std::string()); }
  void finish() {
    emit(stream_.push(decoding_.finish()));
    emit(stream_.finish());
  }
  const std::string& text() const { return text_; }

 private:
  bool emit(const std::string& piece) {
    text_ += piece;
    return piece.empty() || !sink_ || sink_(piece);
  }

  const text::Tokenizer& tokenizer_;
  text::DecodingStream decoding_;
  Utf8Stream stream_;
  TextSink sink_;
  std::string text_;
};

}  // namespace tightrope::toolkit
