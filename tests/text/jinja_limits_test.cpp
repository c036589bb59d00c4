// What a hostile template cannot do: run for ever, fill memory, overflow the stack, reach what it should not.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "support/clean_refusal.h"
#include "text/jinja/template.h"
#include "tightrope/error.h"

namespace tightrope::text::jinja {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string render(const std::string& source, const Limits& limits = {}) { return Template(source, limits).render({}, 0).text; }

ErrorCode refusal(const std::string& source, const Limits& limits = {}) {
  try {
    render(source, limits);
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("[template]"), std::string::npos) << error.what();
    return error.code();
  }
  ADD_FAILURE() << "not refused: " << source.substr(0, 100);
  return ErrorCode::internal;
}

TEST(JinjaLimits, RefusesWhatIsTooLarge) {
  for (const std::string source :
       {"{{ 'a' * 10**9 }}", "{{ 'a' * 10**12 }}", "{{ 10**9 * 'ab' }}", "{{ [1] * 10**9 }}", "{{ 'a'.center(10**10) }}",
        "{{ 'a'.ljust(10**10) }}", "{{ 'a'.zfill(10**10) }}", "{{ '%1000000000d' % 5 }}", "{{ '{:1000000000}'.format(5) }}",
        "{{ 'a\nb' | indent(10**9) }}", "{{ [[1]] | tojson(indent=10**9) }}",
        "{% set ns = namespace(s='aaaaaaaaaaaaaaaa') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s.replace('a', ns.s) %}{% endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(100) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
        "{% for i in range(100000) %}{{ "
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }}{% endfor %}"}) {
    EXPECT_TRUE(test::refusal_of([&] { render(source); }).has_value()) << source.substr(0, 80);
    EXPECT_EQ(refusal(source), ErrorCode::out_of_memory) << source.substr(0, 80);
  }
}

TEST(JinjaLimits, RefusesWhatDoesNotEnd) {
  for (const std::string source :
       {"{{ range(10**12) }}", "{{ range(10**30) }}", "{{ range(0 - 10**18, 10**18) | list }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% macro a() %}{% call b() %}{% endcall %}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}"})
    EXPECT_EQ(refusal(source), ErrorCode::malformed) << source;
}

TEST(JinjaLimits, StepsAreCounted) {
  Limits limits;
  limits.steps = 1000;
  EXPECT_EQ(render("{% for i in range(50) %}x{% endfor %}", limits), std::string(50, 'x'));
  EXPECT_EQ(refusal("{% for i in range(5000) %}x{% endfor %}", limits), ErrorCode::malformed);
}

TEST(JinjaLimits, OutputIsCounted) {
  Limits limits;
  limits.output_bytes = 100;
  EXPECT_EQ(render("{{ 'a' * 100 }}", limits).size(), 100U);
  EXPECT_EQ(refusal("{{ 'a' * 101 }}", limits), ErrorCode::out_of_memory);
}

// Few steps, but each walks much: the length of what is walked counts, and no search takes the product of two lengths.
TEST(JinjaLimits, LongTextsAndManyNamesCost) {
  const std::string loop = "{% for i in range(99999) %}{% for j in range(90) %}{% if ", end = " %}{% endif %}{% endfor %}{% endfor %}";
  for (const char* test : {"s | length", "s.startswith('b')", "s == t", "s < t", "s.strip('b')", "s[0:1]", "s | first", "s.isascii()"})
    EXPECT_EQ(refusal("{% set s = 'aa' * 2000000 %}{% set t = 'aa' * 2000000 %}" + loop + test + end), ErrorCode::malformed) << test;
  EXPECT_EQ(refusal("{{ ('b' * 3000000).strip('a' * 3000000 ~ 'b') }}"), ErrorCode::malformed);
  std::string names = "{% set n = namespace() %}";
  for (int i = 0; i < 20'000; ++i) names += "{% set n.v" + std::to_string(i) + " = 1 %}";
  EXPECT_EQ(refusal(names + loop + "n.v" + end), ErrorCode::malformed);
  EXPECT_EQ(render("{{ ('a' * 1500000 ~ 'b') in 'a' * 4000000 }}"), "False");
  EXPECT_EQ(render("{{ ('a' * 4000000).count('a' * 1500000 ~ 'b') }}"), "0");
  EXPECT_EQ(render("{{ ('a' * 4000000).rsplit('b' ~ 'a' * 1500000) | length }}"), "1");
  EXPECT_EQ(render("{{ ('a' * 4000000).rfind('b' ~ 'a' * 1500000) }}"), "-1");
}

TEST(JinjaLimits, TreesAndKeptScopesAreCounted) {
  EXPECT_EQ(refusal("{{ [" + repeated("1,", 1'000'000) + "] }}"), ErrorCode::out_of_memory);
  EXPECT_EQ(refusal("{{ [" + repeated("1,", 120'000) + "] }}", {.memory_bytes = std::uint64_t{8} << 20}), ErrorCode::out_of_memory);
  EXPECT_EQ(refusal("{% for i in range(99999) %}{% for j in range(9) %}{% macro m() %}{% endmacro %}{% endfor %}{% endfor %}"),
            ErrorCode::out_of_memory);
}

TEST(JinjaLimits, IntegersAtTheirEnds) {
  EXPECT_EQ(render("{{ (-(2**126) * 2) % 3 }} {{ (2**126 - 1 + 2**126) % -3 }} {{ 7 % -3 }} {{ -7 % 3 }} {{ 6 % -3 }}"), "1 -2 -2 2 0");
  EXPECT_EQ(render("{{ 'abcdef'[1:5:2**126 - 1 + 2**126] }} {{ 'abcdef'[4::-(2**126)] }} {{ [1, 2, 3][1::2**126] }}"), "b e [2]");
  EXPECT_EQ(refusal("{{ '%d' % 1e300 }}"), ErrorCode::unsupported);
  EXPECT_EQ(refusal("{{ '%d' % (1e300 * 1e300) }}"), ErrorCode::malformed);
  EXPECT_EQ(refusal("{{ '%.600d' % 5 }}"), ErrorCode::unsupported);
  EXPECT_EQ(render("{{ '%.3d' % 5 }} {{ '%d' % 5.9 }}"), "005 5");
}

TEST(JinjaLimits, SurvivesDeepNesting) {
  constexpr std::size_t kDeep = 20'000;  // below the limit of tokens
  for (const auto& [open, close] :
       {std::pair{"(", ")"}, {"[", "]"}, {"{'a':", "}"}, {"-", ""}, {"not ", ""}, {"x[", "]"}, {"f(", ")"}, {"1 if ", " else 2"}})
    EXPECT_EQ(refusal("{{ " + repeated(open, kDeep) + "1" + repeated(close, kDeep) + " }}"), ErrorCode::malformed) << open;
  for (const char* chain : {" + 1", " and 1", "|string", ".a", "[0]", "()", " is defined|string", " - 1", " ** 1", " if 1"})
    EXPECT_EQ(refusal("{{ 1" + repeated(chain, kDeep) + " }}"), ErrorCode::malformed) << chain;
  EXPECT_EQ(refusal(repeated("{% if 1 %}", kDeep)), ErrorCode::malformed);
  EXPECT_EQ(refusal(repeated("{% for x in y %}", kDeep)), ErrorCode::malformed);
  EXPECT_EQ(refusal("{% set " + repeated("(", kDeep) + "a" + repeated(")", kDeep) + " = 1 %}"), ErrorCode::malformed);
}

TEST(JinjaLimits, ValuesInOneAnotherCannotOverflowTheStack) {
  for (const char* step : {"[ns.v]", "{'a': ns.v}", "ns.v | map('string')", "(ns.v,)", "{'a': ns.v}.items()", "[ns.v].index",
                           "ns.v | select", "joiner(ns.v)"}) {
    const std::string source =
        std::string("{% set ns = namespace(v=[1]) %}{% for i in range(90000) %}{% set ns.v = ") + step + " %}{% endfor %}";
    refusal(source);  // whichever limit is met first
  }
}

TEST(JinjaLimits, CirclesOfNamespacesAndMacrosAreFreed) {  // leaks show under the address sanitizer
  EXPECT_EQ(
      render(
          "{% set a = namespace() %}{% set b = namespace(a=a) %}{% set a.b = b %}{% macro m() %}{{ m }}{% endmacro %}{% set a.m = m %}ok"),
      "ok");
  EXPECT_EQ(refusal("{% set a = namespace() %}{% set a.a = a %}{{ a }}"), ErrorCode::malformed);
  EXPECT_EQ(render("{% for x in [1, 2] %}{{ loop.changed(loop) }}{% endfor %}"), "TrueFalse");
  EXPECT_EQ(render("{% set n = namespace(c=0) %}{% macro w(p) %}{% set n.c = caller %}{% endmacro %}"
                   "{% for i in range(20000) %}{% with p = n.c %}{% call w(1) %}{{ p }}{% endcall %}{% endwith %}{% endfor %}ok"),
            "ok");
}

TEST(JinjaLimits, InternalsOfPythonAreAbsent) {
  for (const char* name :
       {"__class__", "__mro__", "__subclasses__", "__globals__", "__init__", "__dict__", "_x", "func_code", "gi_frame", "mro"}) {
    for (const char* object : {"''", "[]", "{}", "1", "range", "namespace()", "dict", "(1,)", "joiner()", "true", "none"}) {
      EXPECT_EQ(render("{{ (" + std::string(object) + ")." + name + " is defined }}"), "False") << object << name;
      EXPECT_EQ(render("{{ (" + std::string(object) + ")['" + name + "'] is defined }}"), "False") << object << name;
    }
    EXPECT_EQ(refusal("{{ '{0." + std::string(name) + ".x}'.format('') }}"), ErrorCode::malformed);
    EXPECT_EQ(refusal("{{ ''." + std::string(name) + ".x }}"), ErrorCode::malformed);
  }
}

TEST(JinjaLimits, NamesWhatItDoesNotKnowAndListsWhatItDoes) {
  const auto message = [](const std::string& source) {
    try {
      render(source);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unsupported) << error.what();
      return std::string(error.what());
    }
    return std::string("(nothing)");
  };
  for (const auto& [source, name, known] : {std::tuple{"\n\n{% include 'x' %}", "line 3: the tag 'include'", "for, if, set"},
                                            {"{% import 'x' as y %}", "'import'", "macro"},
                                            {"{% extends 'x' %}", "'extends'", "call"},
                                            {"{% block x %}{% endblock %}", "'block'", "filter"},
                                            {"\n{{ 1 | pprint }}", "line 2: the filter 'pprint'", "tojson"},
                                            {"{{ 1 is weird }}", "the test 'weird'", "mapping"},
                                            {"{{ lipsum() }}", "the function 'lipsum'", "namespace"},
                                            {"{{ 'a'.encode() }}", "'encode' of a str", "startswith"},
                                            {"{{ (1).bit_length() }}", "'bit_length' of a int", "filters"}}) {
    EXPECT_NE(message(source).find(name), std::string::npos) << message(source);
    EXPECT_NE(message(source).find(known), std::string::npos) << message(source);
  }
}

}  // namespace
}  // namespace tightrope::text::jinja
