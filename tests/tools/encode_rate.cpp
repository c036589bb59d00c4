// How long a model takes to embed the lines of a file, `batch` texts at a time: one number of seconds a repetition.
// usage: encode_rate MODEL FILE BATCH REPETITIONS THREADS [int8]
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "tightrope/encode.h"
#include "tightrope/error.h"

namespace {

std::vector<std::string> lines_of(const char* file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

double embed_all(tightrope::Embedder& embedder, std::span<const std::string> texts, std::size_t batch) {
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < texts.size(); i += batch) embedder.embed(texts.subspan(i, std::min(batch, texts.size() - i)));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  const bool int8 = argc == 7 && std::string_view(argv[6]) == "int8";
  if (argc != 6 && !int8) return std::cerr << "usage: encode_rate MODEL FILE BATCH REPETITIONS THREADS [int8]\n", 2;
  try {
    const std::vector<std::string> texts = lines_of(argv[2]);
    tightrope::EmbedOptions options;
    options.encode.threads = static_cast<unsigned>(std::stoul(argv[5]));
    options.encode.int8 = int8;
    tightrope::Embedder embedder(tightrope::Model::load(argv[1]), options);
    for (int i = 0, repetitions = std::stoi(argv[4]); i < repetitions; ++i)
      std::cout << embed_all(embedder, texts, std::stoul(argv[3])) << "\n";
    return 0;
  } catch (const std::exception& error) {
    return std::cerr << error.what() << "\n", 1;
  }
}
