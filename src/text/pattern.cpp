// Finding things in text: a literal, characters of a class, a known pattern by its scanner.
#include "text/pattern.h"

#include "base/error.h"
#include "text/regular_expression.h"
#include "text/searching.h"
#include "text/utf8.h"
#include "text/word_patterns.h"

namespace tightrope::text {
namespace {

constexpr double kSeconds = 10, kSecondsPerByte = 1e-6;
constexpr std::size_t kLooksPerReading = 64;

Span span_of(std::uint32_t offset, std::size_t begin, std::size_t end) {
  return {offset + static_cast<std::uint32_t>(begin), offset + static_cast<std::uint32_t>(end)};
}

class LiteralPattern final : public Pattern {
 public:
  explicit LiteralPattern(std::string literal) : literal_(std::move(literal)) {}
  void find(std::string_view text, std::uint32_t offset, std::vector<Span>& matches) const override {
    if (literal_.empty()) return;
    for (std::size_t at = find_part(text, literal_); at != std::string_view::npos; at = find_part(text, literal_, at + literal_.size()))
      matches.push_back(span_of(offset, at, at + literal_.size()));
  }

 private:
  std::string literal_;
};

class ClassPattern final : public Pattern {
 public:
  explicit ClassPattern(Classes any_of) : any_of_(any_of) {}
  void find(std::string_view text, std::uint32_t offset, std::vector<Span>& matches) const override {
    const CharacterClasses& classes = CharacterClasses::instance();
    for (std::size_t at = 0; at < text.size();) {
      const CodePoint code = code_point_at(text, at);
      if ((classes.of(code.value) & any_of_) != 0) matches.push_back(span_of(offset, at, at + code.bytes));
      at += code.bytes;
    }
  }

 private:
  Classes any_of_;
};

class KnownPattern final : public Pattern {
 public:
  explicit KnownPattern(const WordPattern& rules) : rules_(rules) {}
  void find(std::string_view text, std::uint32_t offset, std::vector<Span>& matches) const override {
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = word_end(rules_, text, begin);
      matches.push_back(span_of(offset, begin, end));
      begin = end;
    }
  }

 private:
  const WordPattern& rules_;
};

}  // namespace

SearchClock::SearchClock(std::size_t bytes) : seconds_(kSeconds + kSecondsPerByte * static_cast<double>(bytes)) {}

void SearchClock::look() {
  if (++looks_ % kLooksPerReading == 0 && watch_.seconds() > seconds_)
    fail(ErrorCode::invalid_argument, "[tokenizer] a pattern takes more than {:.0f} s on this text; use another tokenizer.json", seconds_);
}

std::unique_ptr<const Pattern> literal_pattern(std::string text) { return std::make_unique<const LiteralPattern>(std::move(text)); }
std::unique_ptr<const Pattern> class_pattern(Classes any_of) { return std::make_unique<const ClassPattern>(any_of); }

std::unique_ptr<const Pattern> regular_expression(std::string_view expression) {
  if (const WordPattern* known = find_word_pattern(expression)) return std::make_unique<const KnownPattern>(*known);
  return general_pattern(expression);
}

DescribedPattern read_pattern(const Json& description) {
  constexpr std::string_view kWhat = "a pattern";
  if (const Json* literal = description.find("String")) return {description, literal_pattern(literal->as_string(kWhat))};
  return {description, regular_expression(description.at("Regex", kWhat).as_string(kWhat))};
}

}  // namespace tightrope::text
