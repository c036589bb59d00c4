// Where output may go and where it may not, and what is left when somebody stops the program.
#include <fmt/format.h>
#include <sys/stat.h>

#include <csignal>
#include <thread>

#include "apps/program_fixture.h"
#include "checkpoint/gguf.h"
#include "model/checkpoint_io.h"
#include "support/container_copy.h"
#include "support/tiny_model.h"

namespace tightrope::test {
namespace {

namespace fs = std::filesystem;

class OutputTest : public ProgramTest {
 protected:
  OutputTest() {
    const model::Model tiny = tiny_model(model::arch_for_hf_model_type("llama"));
    model::save_gguf(tiny, folder_ / "tiny.gguf", {});
    model::save_huggingface(tiny, folder_ / "tiny", {});
  }

  // The commands that write a file to `output`.
  static std::vector<std::vector<std::string>> writers(const std::string& output) {
    return {{"convert", "tiny", "-o", output, "--force"}, {"quantize", "tiny", "-o", output, "--type", "q8_0", "--force"}};
  }
};

TEST_F(OutputTest, NamesMayBeAsLongAsTheSystemAllows) {
  const std::string file = std::string(250, 'n') + ".gguf", folder = std::string(255, 'f');
  output_of({"convert", "tiny", "-o", file});
  output_of({"convert", "tiny", "-o", "short.gguf"});
  output_of({"convert", "tiny.gguf", "-o", folder});
  output_of({"convert", "tiny.gguf", "-o", folder, "--force"});
  EXPECT_TRUE(content_of(folder_ / file) == content_of(folder_ / "short.gguf"));
  EXPECT_TRUE(fs::exists(folder_ / folder / "model.safetensors"));
  const auto tail = [](const fs::path& path) { return path.filename().string().find(".tmp-") != std::string::npos; };
  for (const auto& entry : fs::directory_iterator(folder_.path())) EXPECT_FALSE(tail(entry.path())) << entry.path();
  for (const auto& command : writers(std::string(256, 'n') + ".gguf")) expect_refusal(command, "name too long");
  expect_refusal({"convert", "tiny.gguf", "-o", std::string(256, 'f')}, "name too long");
  expect_refusal({"convert", "tiny.gguf", "-o", std::string(256, 'f'), "--force"}, "name too long");
}

TEST_F(OutputTest, DevicesAndPipesAreRefused) {
  ASSERT_EQ(::mkfifo((folder_ / "pipe.gguf").c_str(), 0600), 0);
  for (const char* output : {"pipe.gguf"})
    for (const auto& command : writers(output)) expect_refusal(command, "not a regular file");
  for (const char* output : {"/dev/full", "/dev/null", "pipe.gguf"}) {
    expect_refusal({"convert", "tiny.gguf", "-o", output, "--force"}, output);
    expect_refusal({"eval", "tiny", "--text", "demo/text.txt", "--report", output, "--force"}, output);
    expect_refusal({"logits", "tiny", "--ids", "demo/text.txt", "-o", output, "--force"}, output);
  }
}

TEST_F(OutputTest, AReportNeverReplacesWhatIsMeasured) {
  folder_.write("text.html", content_of(folder_ / "demo/text.txt"));
  folder_.write("text.json", "mine");
  expect_refusal({"eval", "tiny", "--text", "text.html", "--report", "text.html", "--force"}, "is the input");
  expect_refusal({"eval", "tiny", "--text", "text.json", "--report", "text.html", "--force"}, "is the input");
  expect_refusal({"eval", "tiny", "--text", "demo/text.txt", "--report", "tiny/config.html", "--force"}, "inside the input folder");
  expect_refusal({"eval", "tiny.gguf", "--against", "tiny", "--text", "demo/text.txt", "--report", "tiny", "--force"}, "inside the input");
  expect_refusal({"report", "text.json", "-o", "text.json", "--force"}, "text.json");
  EXPECT_EQ(content_of(folder_ / "text.json"), "mine");
}

TEST_F(OutputTest, AnotherPartOfTheInputIsNotReplaced) {
  const checkpoint::Container whole = checkpoint::read_gguf(folder_ / "tiny.gguf");
  const auto entries = pending(whole);
  const auto part = [&](std::uint16_t number, std::size_t begin, std::size_t end) {
    checkpoint::Metadata metadata;
    if (number == 0)
      for (const auto& [key, value] : whole.metadata.entries()) metadata.set(key, value);
    metadata.set("split.no", {number});
    metadata.set("split.count", {std::uint16_t{2}});
    metadata.set("split.tensors.count", {static_cast<std::int32_t>(entries.size())});
    write_gguf(folder_ / fmt::format("part-0000{}-of-00002.gguf", number + 1), std::span(entries).subspan(begin, end - begin), metadata,
               {});
  };
  part(0, 0, 5);
  part(1, 5, entries.size());
  output_of({"convert", "part-00001-of-00002.gguf", "-o", "joined.gguf"});
  EXPECT_EQ(json_of({"inspect", "part-00001-of-00002.gguf", "--json"}).at("file_bytes", "inspect").as_uint("file_bytes"),
            fs::file_size(folder_ / "part-00001-of-00002.gguf") + fs::file_size(folder_ / "part-00002-of-00002.gguf"));
  expect_refusal({"convert", "part-00001-of-00002.gguf", "-o", "part-00002-of-00002.gguf", "--force"}, "is the input");
  fs::create_hard_link(folder_ / "part-00002-of-00002.gguf", folder_ / "same.gguf");
  expect_refusal({"quantize", "part-00001-of-00002.gguf", "-o", "same.gguf", "--force"}, "is the input");
}

TEST_F(OutputTest, MayLieOnAnotherDevice) {
  struct stat here {
  }, there{};
  if (::stat("/dev/shm", &there) != 0 || ::stat(folder_.path().c_str(), &here) != 0 || here.st_dev == there.st_dev)
    GTEST_SKIP() << "there is no second file system at /dev/shm";
  const fs::path output = fmt::format("/dev/shm/tightrope_{}.gguf", ::getpid());
  for (const std::string& place : {std::string("here.gguf"), output.string()}) output_of({"convert", "tiny", "-o", place});
  EXPECT_TRUE(content_of(output) == content_of(folder_ / "here.gguf"));
  fs::remove(output);
}

TEST_F(OutputTest, TheShellsLimitOnFilesIsAFullDisk) {
  const std::set<std::string> before = files();
  const std::string command = "ulimit -f 2; exec " + program() + " convert tiny -o out.gguf";
  const Finished done = run_process({"/bin/bash", "-c", command}, folder_.path());
  EXPECT_EQ(done.code, 1) << done.err;
  EXPECT_NE(done.err.find("no room for 'out.gguf'"), std::string::npos) << done.err;
  EXPECT_EQ(files(), before);
}

TEST_F(OutputTest, EndlessInputIsRefused) {
  const Finished done = run({"run", "tiny", "-"}, "/dev/zero");
  EXPECT_EQ(done.code, 2) << done.err;
  EXPECT_NE(done.err.find("standard input"), std::string::npos) << done.err;
}

TEST_F(OutputTest, WhatAFileSaysCannotDriveTheTerminal) {
  std::string config = content_of(folder_ / "tiny/config.json");
  config.replace(config.find("\"llama\""), 7, R"("\u001b]0;owned\u0007\u009b31m\nfine")");
  folder_.write("tiny/config.json", config);
  const Finished done = run({"inspect", "tiny"});
  EXPECT_EQ(done.code, 2);
  EXPECT_NE(done.err.find("owned"), std::string::npos) << done.err;
  EXPECT_EQ(done.err.find_first_of("\x1b\a"), std::string::npos);
  EXPECT_EQ(done.err.find("\xc2\x9b"), std::string::npos);
  EXPECT_EQ(done.err.find('\n'), done.err.size() - 1);
}

// Whenever it is stopped, the output is whole or absent, and nothing else is left.
TEST_F(OutputTest, StoppedAtAnyMomentItLeavesNothing) {
  const std::vector<std::string> command = {program(), "quantize", model_, "-o", "out.gguf", "--type", "q3_k_m", "--threads", "1"};
  const std::set<std::string> before = files();
  const Finished whole = run_process(command, folder_.path());
  ASSERT_EQ(whole.code, 0) << whole.err;
  const std::string expected = content_of(folder_ / "out.gguf");
  for (int moment = 0; moment < 24; ++moment) {
    fs::remove(folder_ / "out.gguf");
    const int signal = moment % 3 == 0 ? SIGINT : moment % 3 == 1 ? SIGTERM : SIGHUP;
    Process process(command, folder_.path());
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + 10 * moment));
    process.send(signal);
    if (moment % 2 == 1) process.send(signal);  // the second one does not wait
    const Finished done = process.wait();
    SCOPED_TRACE(fmt::format("signal {} at moment {}: {}", signal, moment, done.err));
    if (done.code == 0) {
      EXPECT_TRUE(content_of(folder_ / "out.gguf") == expected);
      continue;
    }
    EXPECT_EQ(done.code, 128 + signal);
    EXPECT_EQ(files(), before);
  }
}

}  // namespace
}  // namespace tightrope::test
