// Regular expressions that no scanner knows, by PCRE2: compiled just in time, within limits.
#include "text/regular_expression.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/error.h"

namespace tightrope::text {
namespace {

// A search that needs more than this is hostile: the patterns of real tokenizers take a few steps a character.
constexpr std::uint32_t kStepLimit = 1'000'000;                                                        // for one match
constexpr std::uint32_t kHeapLimit = 16 * 1024;                                                        // KiB
constexpr std::uint32_t kDepthLimit = 20'000;                                                          // of nested choices, on the heap
constexpr std::size_t kLongestExpression = std::size_t{64} << 10;                                      // bytes
constexpr std::size_t kStackBytes = std::size_t{32} << 10, kLargestStackBytes = std::size_t{1} << 20;  // of compiled code, on the heap

template <auto Free>
struct Freed {
  template <class Value>
  void operator()(Value* value) const {
    Free(value);
  }
};
using Code = std::unique_ptr<pcre2_code, Freed<pcre2_code_free>>;
using Context = std::unique_ptr<pcre2_match_context, Freed<pcre2_match_context_free>>;
using Data = std::unique_ptr<pcre2_match_data, Freed<pcre2_match_data_free>>;
using Stack = std::unique_ptr<pcre2_jit_stack, Freed<pcre2_jit_stack_free>>;

std::string message_of(int error) {
  unsigned char text[256] = {};
  pcre2_get_error_message(error, text, sizeof text);
  return reinterpret_cast<const char*>(text);
}

// PCRE2 counts U+180E as a space, nobody else does any more: \s and \S are spelt out.
std::string with_spaces_spelt_out(std::string_view expression) {
  constexpr std::string_view kSpaces = R"(\t-\r\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";
  constexpr std::string_view kOthers =
      R"(\x00-\x08\x0e-\x1f\x21-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e})"
      R"(\x{2060}-\x{2fff}\x{3001}-\x{10ffff})";
  std::string spelt;
  bool in_class = false;
  for (std::size_t at = 0; at < expression.size(); ++at) {
    const char c = expression[at], next = at + 1 < expression.size() ? expression[at + 1] : '\0';
    if (c == '\\' && (next == 's' || next == 'S')) {
      spelt.append(in_class ? "" : "[").append(next == 's' ? kSpaces : kOthers).append(in_class ? "" : "]");
      ++at;
      continue;
    }
    spelt += c;
    if (c == '\\' && next != '\0') {
      spelt += next;
      ++at;
    } else if (c == '[' && !in_class) {
      in_class = true;
      if (next == '^') spelt += expression[++at];
      if (at + 1 < expression.size() && expression[at + 1] == ']') spelt += expression[++at];  // first, it is an ordinary character
    } else if (c == ']') {
      in_class = false;
    }
  }
  return spelt;
}

class GeneralPattern final : public Pattern {
 public:
  explicit GeneralPattern(std::string_view expression) : expression_(expression) {
    if (expression.size() > kLongestExpression)
      fail(ErrorCode::unsupported, "[tokenizer] a pattern of {} bytes is beyond the limit of {}", expression.size(), kLongestExpression);
    int error = 0;
    std::size_t place = 0;
    const std::string spelt = with_spaces_spelt_out(expression);
    code_.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(spelt.data()), spelt.size(), PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C,
                              &error, &place, nullptr));
    if (!code_)
      fail(ErrorCode::unsupported, "[tokenizer] the pattern '{}' is not supported: {} at byte {}; supported: expressions that PCRE2 knows",
           expression.substr(0, 200), message_of(error), place);
    pcre2_jit_compile(code_.get(), PCRE2_JIT_COMPLETE);  // without it, matching is interpreted
  }

  void find(std::string_view text, std::uint32_t offset, std::vector<Span>& matches) const override {
    const Context context(pcre2_match_context_create(nullptr));
    const Data data(pcre2_match_data_create(1, nullptr));
    const Stack stack(text.size() > kStackBytes ? pcre2_jit_stack_create(kStackBytes, kLargestStackBytes, nullptr) : nullptr);
    if (!context || !data) fail(ErrorCode::out_of_memory, "[tokenizer] no memory for searching a pattern");
    pcre2_set_match_limit(context.get(), kStepLimit);
    pcre2_set_heap_limit(context.get(), kHeapLimit);
    pcre2_set_depth_limit(context.get(), kDepthLimit);
    if (stack) pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
    SearchClock clock(text.size());
    std::size_t at = 0;
    while (at < text.size() && next(text, at, data.get(), context.get())) {
      const std::size_t* ends = pcre2_get_ovector_pointer(data.get());
      const std::size_t begin = ends[0], end = ends[1];
      clock.look();
      if (end > begin) matches.push_back({offset + static_cast<std::uint32_t>(begin), offset + static_cast<std::uint32_t>(end)});
      at = end > at ? end : at + 1;
      while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
    }
  }

 private:
  bool next(std::string_view text, std::size_t at, pcre2_match_data* data, pcre2_match_context* context) const {
    const int found =
        pcre2_match(code_.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), at, PCRE2_NO_UTF_CHECK, data, context);
    if (found == PCRE2_ERROR_NOMATCH) return false;
    if (found < 0) fail_too_long(message_of(found));
    return true;
  }

  [[noreturn]] void fail_too_long(std::string_view limit) const {
    fail(ErrorCode::invalid_argument, "[tokenizer] the pattern '{}' takes too long on this text ({}); use another tokenizer.json",
         std::string_view(expression_).substr(0, 200), limit);
  }

  std::string expression_;
  Code code_;
};

}  // namespace

std::unique_ptr<const Pattern> general_pattern(std::string_view expression) { return std::make_unique<const GeneralPattern>(expression); }

}  // namespace tightrope::text
