// Where what a reader takes for one character ends (extended grapheme clusters, Unicode standard annex 29).
#include "text/graphemes.h"

#include "text/unicode_maps.h"
#include "text/utf8.h"

namespace tightrope::text {
namespace {

// What of the cluster so far decides whether the next character joins it.
struct State {
  GraphemeClass last;
  bool odd_regional_indicators = false;
  bool pictographic = false;         // a pictograph and only extenders since
  bool pictographic_joiner = false;  // and then a joiner, last
  bool conjunct = false;             // a consonant and only extenders and linkers since
  bool conjunct_linked = false;      // with a linker among them

  void take(GraphemeClass next) {
    odd_regional_indicators = next.kind == Grapheme::regional_indicator && !odd_regional_indicators;
    pictographic_joiner = pictographic && next.kind == Grapheme::joiner;
    pictographic = next.pictographic || (pictographic && next.kind == Grapheme::extend);
    if (next.conjunct_consonant) {
      conjunct = true;
      conjunct_linked = false;
    } else if (conjunct) {
      conjunct = next.conjunct_linker || next.conjunct_extend;
      conjunct_linked = conjunct && (conjunct_linked || next.conjunct_linker);
    }
    last = next;
  }
};

bool is_break(Grapheme kind) { return kind == Grapheme::control || kind == Grapheme::carriage_return || kind == Grapheme::line_feed; }

bool joins_hangul(Grapheme last, Grapheme next) {
  switch (last) {
    case Grapheme::hangul_l:
      return next == Grapheme::hangul_l || next == Grapheme::hangul_v || next == Grapheme::hangul_lv || next == Grapheme::hangul_lvt;
    case Grapheme::hangul_lv:
    case Grapheme::hangul_v: return next == Grapheme::hangul_v || next == Grapheme::hangul_t;
    case Grapheme::hangul_lvt:
    case Grapheme::hangul_t: return next == Grapheme::hangul_t;
    default: return false;
  }
}

bool joins(const State& state, GraphemeClass next) {
  const Grapheme last = state.last.kind;
  if (last == Grapheme::carriage_return && next.kind == Grapheme::line_feed) return true;
  if (is_break(last) || is_break(next.kind)) return false;
  if (joins_hangul(last, next.kind)) return true;
  if (next.kind == Grapheme::extend || next.kind == Grapheme::joiner || next.kind == Grapheme::spacing_mark) return true;
  if (last == Grapheme::prepend) return true;
  if (state.conjunct_linked && next.conjunct_consonant) return true;
  if (state.pictographic_joiner && next.pictographic) return true;
  return state.odd_regional_indicators && next.kind == Grapheme::regional_indicator;
}

}  // namespace

std::size_t grapheme_end(std::string_view text, std::size_t begin) noexcept {
  State state;
  CodePoint code = code_point_at(text, begin);
  state.take(grapheme_class(code.value));
  std::size_t at = begin + code.bytes;
  while (at < text.size()) {
    code = code_point_at(text, at);
    const GraphemeClass next = grapheme_class(code.value);
    if (!joins(state, next)) break;
    state.take(next);
    at += code.bytes;
  }
  return at;
}

}  // namespace tightrope::text
