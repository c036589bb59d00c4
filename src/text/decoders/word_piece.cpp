// WordPiece: a space before every piece that starts a word; on request, the spaces before English punctuation go again.
#include "text/components.h"
#include "text/replacing.h"

namespace tightrope::text {
namespace {

constexpr std::string_view kName = "WordPiece";

std::string cleaned(std::string piece) {
  constexpr std::string_view kReplacements[][2] = {{" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
                                                   {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
                                                   {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [old, replacement] : kReplacements) {
    if (piece.find(old) != std::string::npos) piece = replaced(piece, old, replacement);
  }
  return piece;
}

class WordPiece final : public Decoder {
 public:
  WordPiece(std::string prefix, bool cleanup) : prefix_(std::move(prefix)), cleanup_(cleanup) {}

  void apply(std::vector<std::string>& pieces) const override {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (i > 0) pieces[i] = pieces[i].starts_with(prefix_) ? pieces[i].substr(prefix_.size()) : " " + pieces[i];
      if (cleanup_) pieces[i] = cleaned(std::move(pieces[i]));
    }
  }

  Json write() const override {
    Json json = Json::object();
    json["type"] = kName;
    json["prefix"] = prefix_;
    json["cleanup"] = cleanup_;
    return json;
  }

 private:
  std::string prefix_;
  bool cleanup_;
};

DecoderPointer read(const Json& description) {
  return std::make_shared<const WordPiece>(text_of(description, "prefix"), description.at("cleanup", kName).as_bool("cleanup"));
}

}  // namespace

extern const ComponentRow<Decoder> word_piece_decoder{kName, read};

}  // namespace tightrope::text
