// One line of JSON an input or an answer.
#include "tasks/lines.h"

#include <fmt/format.h>

#include "base/json.h"

namespace tightrope::tasks {
namespace {

constexpr std::uint64_t kValuesOfALine = 10'000;

Json begun(std::uint64_t index, std::uint64_t tokens, bool truncated) {
  Json json = Json::object();
  json["index"] = Json(index);
  json["tokens"] = Json(tokens);
  if (truncated) json["truncated"] = Json(true);
  return json;
}

Json finding_json(const Finding& finding) {
  Json json = Json::object();
  if (finding.part) json["text"] = Json(finding.part->text);
  if (!finding.label.empty()) json["label"] = Json(finding.label);
  json["score"] = Json(finding.score);
  if (finding.part) {
    json["begin"] = Json(finding.part->begin);
    json["end"] = Json(finding.part->end);
  }
  return json;
}

void append_vector(std::string& line, std::span<const float> vector) {
  line += '[';
  for (std::size_t i = 0; i < vector.size(); ++i) fmt::format_to(std::back_inserter(line), "{}{}", i == 0 ? "" : ",", vector[i]);
  line += ']';
}

}  // namespace

TextInput parse_text_input(std::string_view line, std::uint64_t number) {
  const std::string what = fmt::format("line {} of the input", number);
  const Json json = Json::parse(line, what, kValuesOfALine);
  json.as_object(what);
  TextInput input{json.at("text", what).as_string(fmt::format("text in {}", what))};
  if (const Json* pair = json.find("pair"); pair != nullptr && !pair->is_null())
    input.pair = pair->as_string(fmt::format("pair in {}", what));
  return input;
}

std::string to_json(const Task& task, const Classification& classification, std::uint64_t index) {
  Json json = begun(index, classification.tokens, classification.truncated);
  if (task.single_score) {
    json[task.key] = Json(classification.findings.front().score);
  } else {
    json[task.key] = Json::array();
    for (const Finding& finding : classification.findings) json[task.key].push_back(finding_json(finding));
  }
  return json.dump();
}

// By hand: a million vectors of hundreds of numbers would take long through values of JSON.
std::string to_json(const Embedding& embedding, std::uint64_t index) {
  std::string line = begun(index, embedding.tokens, embedding.truncated).dump();
  line.pop_back();
  const std::size_t width = embedding.vectors == 0 ? 0 : embedding.values.size() / embedding.vectors;
  const bool several = embedding.vectors != 1;
  line += several ? ",\"embeddings\":[" : ",\"embedding\":";
  for (std::size_t i = 0; i < embedding.vectors; ++i) {
    if (i > 0) line += ',';
    append_vector(line, std::span(embedding.values).subspan(i * width, width));
  }
  line += several ? "]}" : "}";
  return line;
}

}  // namespace tightrope::tasks
