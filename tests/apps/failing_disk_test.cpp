// The disk fails at every single call in turn, full or broken: the program says so, and leaves nothing behind.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "apps/program_fixture.h"
#include "model/checkpoint_io.h"
#include "support/container_builder.h"
#include "support/tiny_model.h"

namespace tightrope::test {
namespace {

using Command = std::vector<std::string>;

class FailingDisk : public ProgramTest {
 protected:
  FailingDisk() {
    const model::Model tiny = tiny_model(model::arch_for_hf_model_type("llama"));
    model::save_huggingface(tiny, folder_ / "tiny", {});
    model::save_gguf(tiny, folder_ / "tiny.gguf", {});
    folder_.write("ids.safetensors", safetensors_file(R"({"input_ids":{"dtype":"I64","shape":[1,2],"data_offsets":[0,16]}})",
                                                      raw<std::int64_t>(5) + raw<std::int64_t>(6)));
  }

  // Runs `command` on a disk whose call number `call` fails with `error`.
  Finished run_failing(const Command& command, long call, int error) const {
    std::filesystem::remove(counts_ / "count");
    // The sanitizer's runtime insists on being loaded first, which matters to nothing here.
    const char* inherited = std::getenv("ASAN_OPTIONS");
    Command whole = {"/usr/bin/env",
                     fmt::format("ASAN_OPTIONS={}:verify_asan_link_order=0", inherited == nullptr ? "" : inherited),
                     fmt::format("LD_PRELOAD={}/libfailing_disk.so", TIGHTROPE_BINARY),
                     fmt::format("FAILING_FOLDER={}", folder_.path().string()),
                     fmt::format("FAILING_CALL={}", call),
                     fmt::format("FAILING_ERROR={}", error),
                     fmt::format("FAILING_COUNT={}", (counts_ / "count").string()),
                     program()};
    whole.insert(whole.end(), command.begin(), command.end());
    return run_process(whole, folder_.path());
  }

  // The calls a run makes that nothing disturbs; what it writes is removed again.
  long calls_of(const Command& command, const std::string& output) const {
    const Finished done = run_failing(command, 0, 0);
    EXPECT_EQ(done.code, 0) << done.err;
    std::filesystem::remove_all(folder_ / output);
    return static_cast<long>(content_of(counts_ / "count").size());
  }

  void expect_failure(const Command& command, const std::string& output, long call, int error) const {
    SCOPED_TRACE(fmt::format("{}: call {} answers {}", fmt::join(command, " "), call, std::strerror(error)));
    const std::set<std::string> before = files();
    const Finished done = run_failing(command, call, error);
    EXPECT_EQ(done.code, 1) << done.err;
    EXPECT_EQ(done.out, "");
    EXPECT_NE(done.err.find(output), std::string::npos) << done.err;
    EXPECT_NE(done.err.find(std::strerror(error)), std::string::npos) << done.err;
    if (error == ENOSPC) {
      EXPECT_NE(done.err.find("bytes free"), std::string::npos) << done.err;
    }
    EXPECT_EQ(files(), before);
  }

  // `output` is what the command writes, `least` how many calls that takes at the least.
  void expect_every_failure(const Command& command, const std::string& output, long least) const {
    const long calls = calls_of(command, output);
    ASSERT_GE(calls, least) << "the disk under test was not noticed";
    for (long call = 1; call <= calls; ++call)
      for (const int error : {ENOSPC, EIO}) expect_failure(command, output, call, error);
  }

  TemporaryFolder counts_;
};

// Creating, writing head and rows, syncing, renaming, syncing the folder.
constexpr long kCallsOfAFile = 6;

TEST_F(FailingDisk, WhileConvertingToGguf) { expect_every_failure({"convert", "tiny", "-o", "out.gguf"}, "out.gguf", kCallsOfAFile); }

TEST_F(FailingDisk, WhileConvertingToAFolder) {
  expect_every_failure({"convert", "tiny.gguf", "-o", "out"}, "out", 1 + 5 * (kCallsOfAFile - 1) + 2);
}

TEST_F(FailingDisk, WhileQuantising) {
  expect_every_failure({"quantize", "tiny", "-o", "out.gguf", "--type", "q8_0"}, "out.gguf", kCallsOfAFile);
}

TEST_F(FailingDisk, WhileWritingLogits) {
  expect_every_failure({"logits", "tiny", "--ids", "ids.safetensors", "-o", "out.safetensors"}, "out.safetensors", kCallsOfAFile);
}

TEST_F(FailingDisk, WhileWritingAReport) {
  const Command eval = {"eval", "tiny", "--text", "demo/text.txt", "--context", "16", "--chunks", "1", "--report"};
  Command to_folder = eval;
  to_folder.emplace_back("page");
  expect_every_failure(to_folder, "page", 1 + 2 * (kCallsOfAFile - 1));
}

// An output that is being replaced is afterwards old, whole or absent, never half of either.
TEST_F(FailingDisk, WhileReplacingAModel) {
  const Command command = {"convert", "tiny.gguf", "-o", "old", "--force"};
  model::save_huggingface(tiny_model(model::arch_for_hf_model_type("llama"), tiny_config(), 2), folder_ / "old", {});
  const std::string old = content_of(folder_ / "old/model.safetensors");
  run_failing({"convert", "tiny.gguf", "-o", "new"}, 0, 0);
  const long calls = static_cast<long>(content_of(counts_ / "count").size()) + 2;
  std::filesystem::remove_all(folder_ / "new");
  const std::set<std::string> before = files();
  for (long call = 1; call <= calls; ++call) {
    const Finished done = run_failing(command, call, EIO);
    EXPECT_EQ(done.code, 1) << call << done.err;
    EXPECT_EQ(files(), before) << call;
    EXPECT_TRUE(content_of(folder_ / "old/model.safetensors") == old) << call;
  }
  EXPECT_EQ(run_failing(command, 0, 0).code, 0);
  EXPECT_FALSE(content_of(folder_ / "old/model.safetensors") == old);
}

}  // namespace
}  // namespace tightrope::test
