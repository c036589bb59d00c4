// Templates against what Python's jinja2 makes of them (tools/make_golden_templates.py).
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "text/jinja/template.h"
#include "tightrope/error.h"

namespace tightrope::text::jinja {
namespace {

constexpr std::uint64_t kFileLimit = std::uint64_t{1} << 24;

Json golden(const std::string& name) {
  return Json::parse(read_text_file(std::filesystem::path(TIGHTROPE_SOURCE) / "tests/golden" / name, kFileLimit), name);
}

std::vector<Variable> variables_of(const Json& object) {
  std::vector<Variable> variables;
  for (const auto& [name, value] : object.as_object("variables")) variables.push_back({name, value});
  return variables;
}

// The text, or nothing when the template refuses.
std::optional<std::string> rendered(const Template& chat, const std::vector<Variable>& variables, std::time_t now) try {
  return chat.render(variables, now).text;
} catch (const Error&) {
  return std::nullopt;
}

class JinjaGolden : public testing::Test {
 protected:
  // strftime_now() tells local time; the golden files were made in UTC.
  void SetUp() override {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

TEST_F(JinjaGolden, EverySnippetIsRenderedOrRefusedAsPythonDoes) {
  const Json file = golden("jinja_snippets.json");
  const std::time_t now = file.at("made_by", "file").at("now", "made_by").as_int("now");
  const std::vector<Variable> variables = variables_of(file.at("variables", "file"));
  const Json::Array& snippets = file.at("snippets", "file").as_array("snippets");
  EXPECT_GT(snippets.size(), 120U);
  for (const Json& snippet : snippets) {
    const std::string& source = snippet.as_array("snippet")[0].as_string("source");
    const Json& expected = snippet.as_array("snippet")[1];
    std::optional<std::string> text;
    try {
      text = Template(source).render(variables, now).text;
    } catch (const Error& error) {
      if (!expected.is_null()) ADD_FAILURE() << source << "\n" << error.what();
      continue;
    }
    if (expected.is_null())
      ADD_FAILURE() << source << "\nis refused by jinja2, not here: " << *text;
    else
      EXPECT_EQ(*text, expected.as_string("text")) << source;
  }
}

TEST_F(JinjaGolden, EveryFamilyRendersTwoHundredConversationsAsPythonDoes) {
  const Json cases = golden("chat_cases.json"), renders = golden("chat_renders.json");
  const std::time_t now = cases.at("made_by", "file").at("now", "made_by").as_int("now");
  const Json::Array& conversations = cases.at("cases", "file").as_array("cases");
  EXPECT_EQ(conversations.size(), 200U);
  std::size_t texts = 0;
  for (const auto& [family, expected] : renders.at("renders", "file").as_object("renders")) {
    const std::filesystem::path path = std::filesystem::path(TIGHTROPE_SOURCE) / "tests/templates" / (family + ".jinja");
    const Template chat(read_text_file(path, kFileLimit));
    const Json::Array& hashes = expected.at("hashes", family).as_array("hashes");
    ASSERT_EQ(hashes.size(), conversations.size());
    for (std::size_t i = 0; i < conversations.size(); ++i) {
      const std::optional<std::string> text = rendered(chat, variables_of(conversations[i]), now);
      EXPECT_EQ(text ? sha256(*text).substr(0, 16) : "", hashes[i].as_string("hash")) << family << " " << i << "\n" << text.value_or("");
      texts += text.has_value() ? 1 : 0;
      const Json* full = expected.at("full", family).find(std::to_string(i));
      if (full != nullptr && !full->is_null()) {
        EXPECT_EQ(text.value_or("(refused)"), full->as_string("text")) << family << " " << i;
      }
    }
  }
  EXPECT_GT(texts, 2000U);  // most are texts, not refusals
}

}  // namespace
}  // namespace tightrope::text::jinja
