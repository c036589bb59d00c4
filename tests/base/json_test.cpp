// JSON: strict in what it reads, exact in what it writes.
#include "base/json.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base/random.h"
#include "tightrope/error.h"

namespace tightrope {
namespace {

ErrorCode parse_error(std::string_view text) {
  try {
    Json::parse(text, "the test text");
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("the test text"), std::string::npos) << error.what();
    return error.code();
  }
  ADD_FAILURE() << "accepted: " << text.substr(0, 80);
  return ErrorCode::internal;
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, ReadsEveryKind) {
  const Json value = Json::parse(R"({"a": [1, -2.5, true, null, "x\u00e9\n"], "b": {}, "big": 18446744073709551615})", "text");
  const Json::Array& a = value.at("a", "text").as_array("a");
  ASSERT_EQ(a.size(), 5u);
  EXPECT_EQ(a[0].as_int("a"), 1);
  EXPECT_EQ(a[1].as_double("a"), -2.5);
  EXPECT_TRUE(a[2].as_bool("a"));
  EXPECT_TRUE(a[3].is_null());
  EXPECT_EQ(a[4].as_string("a"), "x\xc3\xa9\n");
  EXPECT_TRUE(value.at("b", "text").as_object("b").empty());
  EXPECT_EQ(value.at("big", "text").as_uint("big"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(value.find("absent"), nullptr);
}

TEST(Json, KeepsTheOrderOfKeys) { EXPECT_EQ(Json::parse(R"({"z":1,"a":2,"m":3})", "text").dump(), R"({"z":1,"a":2,"m":3})"); }

TEST(Json, RefusesWhatIsNotJson) {
  const char* texts[] = {"",       " ",           "{",      "}",          "[1,]",    "{\"a\":1,}", "{'a':1}",   "[1] 2",
                         "nul",    "NaN",         "[NaN]",  "[Infinity]", "[01]",    "[1.]",       "[.5]",      "[+1]",
                         "[1e]",   "[0x10]",      "\"\t\"", "[\"\\x\"]",  "// c\n1", "[1 2]",      "{\"a\" 1}", "{1:2}",
                         "\"open", "[\"\\u12\"]", "[--1]",  "[1e400]",    "[-1e400]"};
  for (const char* text : texts) EXPECT_EQ(parse_error(text), ErrorCode::malformed) << text;
  EXPECT_EQ(parse_error(std::string_view("[1]\0", 4)), ErrorCode::malformed);
  EXPECT_EQ(parse_error("[" + std::string(400, '9') + "]"), ErrorCode::malformed);  // an integer beyond double
}

TEST(Json, RefusesDuplicateKeys) {
  EXPECT_EQ(parse_error(R"({"a":1,"b":2,"a":1})"), ErrorCode::malformed);
  EXPECT_EQ(parse_error(R"([{"x":{"a":1,"\u0061":2}}])"), ErrorCode::malformed);
}

TEST(Json, RefusesBadUnicode) {
  for (const char* text : {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\u0041")", R"("\udc00\ud800")", R"({"\udfff":1})"}) {
    EXPECT_EQ(parse_error(text), ErrorCode::malformed) << text;
  }
  for (const char* text : {"\"\x80\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\"", "\"\xff\""}) {
    EXPECT_EQ(parse_error(text), ErrorCode::malformed);
  }
  EXPECT_EQ(Json::parse(R"("\ud83d\ude00")", "text").as_string("text"), "\xf0\x9f\x98\x80");
  EXPECT_EQ(Json::parse(R"("\ud7ff")", "text").as_string("text"), "\xed\x9f\xbf");  // the last one before the surrogates
}

TEST(Json, BoundsTheDepth) {
  EXPECT_TRUE(Json::parse(nested(250), "text").is_array());
  EXPECT_EQ(parse_error(nested(258)), ErrorCode::malformed);
  EXPECT_EQ(parse_error(nested(10'000)), ErrorCode::malformed);
  EXPECT_EQ(parse_error(std::string(1'000'000, '[')), ErrorCode::malformed);
}

TEST(Json, ReadsIntegersBeyond64BitsAsDoubles) {
  const Json value =
      Json::parse(R"({"model_max_length": 1000000000000000019884624838656, "s": "1000000000000000019884624838656 \" 12"})", "text");
  EXPECT_EQ(value.at("model_max_length", "text").as_double("length"), 1e30);
  EXPECT_EQ(value.at("s", "text").as_string("s"), "1000000000000000019884624838656 \" 12");
  EXPECT_EQ(Json::parse("-9223372036854775809", "text").as_double("number"), -0x1p63);
  EXPECT_EQ(Json::parse("9223372036854775808", "text").as_uint("number"), std::uint64_t{1} << 63);
}

TEST(Json, ConversionsRefuseTheWrongKind) {
  const Json value = Json::parse(R"({"n": -1, "f": 1.5, "s": "x", "u": 18446744073709551615})", "text");
  EXPECT_THROW(value.at("n", "text").as_uint("n"), Error);
  EXPECT_THROW(value.at("f", "text").as_int("f"), Error);
  EXPECT_THROW(value.at("u", "text").as_int("u"), Error);
  EXPECT_THROW(value.at("s", "text").as_double("s"), Error);
  EXPECT_THROW(value.at("s", "text").as_bool("s"), Error);
  EXPECT_THROW(value.at("s", "text").as_array("s"), Error);
  EXPECT_THROW(value.at("missing", "text"), Error);
  EXPECT_THROW(value.as_string("text"), Error);
}

TEST(Json, WritesWhatItReads) {
  const std::string text = R"({"a":[1,-2,2.5,1e+300,true,false,null],"b":{"c":"q\"\\\n\u0001","d":[]},"e":18446744073709551615})";
  EXPECT_EQ(Json::parse(text, "text").dump(), text);
}

TEST(Json, DoublesRoundTrip) {
  Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random.next();
    const double value = std::bit_cast<double>(bits);
    if (!std::isfinite(value)) continue;
    const Json back = Json::parse(Json(value).dump(), "number");
    ASSERT_FALSE(back.is_integer());
    ASSERT_EQ(std::bit_cast<std::uint64_t>(back.as_double("number")), bits) << Json(value).dump();
  }
  EXPECT_EQ(Json(1.0).dump(), "1.0");
  EXPECT_EQ(Json(-0.0).dump(), "-0.0");
  EXPECT_EQ(Json(std::numeric_limits<double>::quiet_NaN()).dump(), "null");
  EXPECT_EQ(Json(-std::numeric_limits<double>::infinity()).dump(), "null");
  EXPECT_EQ(Json(std::numeric_limits<std::int64_t>::min()).dump(), "-9223372036854775808");
  EXPECT_EQ(Json(std::numeric_limits<std::int64_t>::max()).dump(), "9223372036854775807");
}

TEST(Json, ReplacesInvalidTextWhenWriting) {
  EXPECT_EQ(Json("a\xff"
                 "b")
                .dump(),
            "\"a\xef\xbf\xbd"
            "b\"");
}

TEST(Json, BuildsAndIndents) {
  Json value;
  value["name"] = "wren";
  value["sizes"].push_back(1);
  value["sizes"].push_back(2);
  value["name"] = "crow";
  value["none"] = Json::object();
  EXPECT_EQ(value.dump(2), "{\n  \"name\": \"crow\",\n  \"sizes\": [\n    1,\n    2\n  ],\n  \"none\": {}\n}");
  EXPECT_THROW(Json(3)["key"], Error);
  EXPECT_THROW(Json(3).push_back(1), Error);
}

}  // namespace
}  // namespace tightrope
