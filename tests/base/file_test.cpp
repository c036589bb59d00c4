// Files: mapped reading, durable writing, refused outputs, full disks.
#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "tightrope/error.h"

namespace tightrope {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() /
              ("tightrope-file-" + std::to_string(::getpid()) + "-" + testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path put(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) found.insert(entry.path().filename().string());
    return found;
  }

  fs::path folder_;
};

std::string content(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

template <class Action>
ErrorCode error_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::internal;
}

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST_F(FileTest, MapsAFile) {
  const Bytes bytes = map_file(put("a", "hello"));
  EXPECT_TRUE(std::ranges::equal(bytes.view(), bytes_of("hello")));
  EXPECT_EQ(map_file(put("empty", "")).size(), 0u);
}

TEST_F(FileTest, TheMappingOutlivesItsFirstOwner) {
  Bytes part;
  {
    const Bytes whole = map_file(put("a", "hello"));
    part = whole.part(1, 3);
  }
  fs::remove(folder_ / "a");
  EXPECT_TRUE(std::ranges::equal(part.view(), bytes_of("ell")));
}

TEST_F(FileTest, RefusesWhatIsNoRegularFile) {
  EXPECT_EQ(error_of([&] { map_file(folder_ / "absent"); }), ErrorCode::not_found);
  EXPECT_EQ(error_of([&] { map_file(folder_); }), ErrorCode::malformed);
  EXPECT_EQ(error_of([&] { map_file("/dev/zero"); }), ErrorCode::malformed);
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { map_file(folder_ / "pipe"); }), ErrorCode::malformed);  // and does not wait for a writer
  EXPECT_EQ(error_of([&] { read_text_file(folder_); }), ErrorCode::malformed);
  EXPECT_EQ(error_of([&] { read_text_file(put("file", "x") / "below"); }), ErrorCode::not_found);
}

TEST_F(FileTest, ReadsTextUpToALimit) {
  const fs::path path = put("a", std::string("x\0y", 3));
  EXPECT_EQ(read_text_file(path, 3), std::string("x\0y", 3));
  EXPECT_EQ(error_of([&] { read_text_file(path, 2); }), ErrorCode::malformed);
}

TEST_F(FileTest, AppearsOnlyWhenCommitted) {
  const fs::path path = folder_ / "out";
  {
    DurableFile file(path);
    file.append("abc");
    file.write_at(5, bytes_of("f"));
    EXPECT_EQ(file.size(), 3u);
    EXPECT_FALSE(fs::exists(path));
    ASSERT_EQ(names().size(), 1u);
    EXPECT_TRUE(names().begin()->starts_with(".out.tmp-"));
    file.commit();
    EXPECT_EQ(error_of([&] { file.append("x"); }), ErrorCode::internal);
    EXPECT_EQ(error_of([&] { file.commit(); }), ErrorCode::internal);
  }
  EXPECT_EQ(names(), std::set<std::string>{"out"});
  EXPECT_EQ(content(path), std::string("abc\0\0f", 6));
}

TEST_F(FileTest, LeavesNothingWhenAbandoned) {
  const fs::path path = put("out", "old");
  {
    DurableFile file(path);
    file.append("new");
  }
  EXPECT_EQ(names(), std::set<std::string>{"out"});
  EXPECT_EQ(content(path), "old");
  write_text_file(path, "new");
  EXPECT_EQ(content(path), "new");
}

TEST_F(FileTest, CannotStartInAMissingFolder) {
  EXPECT_EQ(error_of([&] { DurableFile(folder_ / "absent" / "out"); }), ErrorCode::io);
}

TEST_F(FileTest, KilledAtAnyMomentTheNameIsAbsentOldOrWhole) {
  const fs::path path = folder_ / "out";
  const std::string text(200'000, 'n');
  for (int round = 0; round < 40; ++round) {
    if (round % 2 == 0) fs::remove(path);
    const bool existed = fs::exists(path);
    const pid_t child = ::fork();
    if (child == 0) {
      DurableFile file(path);
      for (std::size_t i = 0; i < text.size(); i += 1000) file.append(std::string_view(text).substr(i, 1000));
      file.commit();
      ::_exit(0);
    }
    ::usleep(static_cast<useconds_t>(round) * 40);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    if (fs::exists(path)) {
      ASSERT_EQ(content(path), text) << round;
    } else {
      ASSERT_FALSE(existed);
    }
  }
}

// Runs in a child, so that the limit does not stay. Returns the child's exit status: 0 when `action` behaved.
template <class Action>
int with_file_size_limit(rlim_t bytes, Action&& action) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);  // so that the write answers EFBIG, as a full disk answers ENOSPC
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    ::_exit(action() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

TEST_F(FileTest, AFullDiskIsAnErrorWithNumbersAndLeavesNothing) {
  const std::string block(700, 'x');
  // 1000 bytes fit: the second block is written in part, then refused.
  EXPECT_EQ(with_file_size_limit(1000,
                                 [&] {
                                   DurableFile file(folder_ / "out");
                                   file.append(block);
                                   try {
                                     file.append(block);
                                   } catch (const Error& error) {
                                     const std::string message = error.what();
                                     return error.code() == ErrorCode::no_space && message.find("400 bytes more") != std::string::npos &&
                                            message.find("bytes free") != std::string::npos;
                                   }
                                   return false;
                                 }),
            0);
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  EXPECT_EQ(error_of([&] { check_free_space(folder_, std::uint64_t{1} << 62); }), ErrorCode::no_space);
  EXPECT_NO_THROW(check_free_space(folder_, 1));
  EXPECT_NO_THROW(check_free_space("", 1));
  EXPECT_EQ(error_of([&] { check_free_space(folder_ / "absent", 1); }), ErrorCode::io);
}

class OutputPathTest : public FileTest {
 protected:
  ErrorCode refused(const fs::path& output, std::vector<fs::path> inputs = {}, Overwrite overwrite = Overwrite::replace) const {
    return error_of([&] { check_output_path(output, inputs, overwrite); });
  }
};

TEST_F(OutputPathTest, AcceptsANewNameAndAnAllowedReplacement) {
  const fs::path old = put("old", "x"), input = put("input", "x");
  const std::vector<fs::path> inputs{input, folder_ / "absent"};
  EXPECT_NO_THROW(check_output_path(folder_ / "new", inputs, Overwrite::refuse));
  EXPECT_NO_THROW(check_output_path(folder_ / "new/", inputs, Overwrite::refuse));
  EXPECT_NO_THROW(check_output_path("just-a-name", inputs, Overwrite::refuse));
  EXPECT_NO_THROW(check_output_path(old, inputs, Overwrite::replace));
}

TEST_F(OutputPathTest, RefusesAnExistingFileOrFolder) {
  const fs::path old = put("old", "x");
  EXPECT_EQ(refused(old, {}, Overwrite::refuse), ErrorCode::already_exists);
  EXPECT_EQ(refused(folder_), ErrorCode::already_exists);
  EXPECT_EQ(refused("/dev/null"), ErrorCode::already_exists);
}

TEST_F(OutputPathTest, RefusesAMissingParent) {
  EXPECT_EQ(refused(folder_ / "absent" / "out"), ErrorCode::invalid_argument);
  EXPECT_EQ(refused(put("file", "x") / "out"), ErrorCode::invalid_argument);
  EXPECT_EQ(refused(""), ErrorCode::invalid_argument);
}

TEST_F(OutputPathTest, RefusesALink) {
  fs::create_symlink(folder_ / "anywhere", folder_ / "link");
  EXPECT_EQ(refused(folder_ / "link"), ErrorCode::invalid_argument);
}

TEST_F(OutputPathTest, RefusesAnInputUnderAnyName) {
  const fs::path input = put("input", "x");
  EXPECT_EQ(refused(input, {input}), ErrorCode::invalid_argument);
  EXPECT_EQ(refused(folder_ / "." / "input", {input}), ErrorCode::invalid_argument);
  fs::create_hard_link(input, folder_ / "hard");
  EXPECT_EQ(refused(folder_ / "hard", {input}), ErrorCode::invalid_argument);
  fs::create_symlink(input, folder_ / "alias");
  EXPECT_EQ(refused(input, {folder_ / "alias"}), ErrorCode::invalid_argument);
}

TEST_F(OutputPathTest, RefusesAPlaceInsideAnInputFolder) {
  put("model/config.json", "{}");
  put("model/deep/file", "x");
  const fs::path model = folder_ / "model";
  EXPECT_EQ(refused(model / "out.gguf", {model}), ErrorCode::invalid_argument);
  EXPECT_EQ(refused(model / "deep" / "out", {model}), ErrorCode::invalid_argument);
  EXPECT_EQ(refused(model / "deep" / ".." / "out", {model}), ErrorCode::invalid_argument);
  fs::create_directory_symlink(model / "deep", folder_ / "detour");
  EXPECT_EQ(refused(folder_ / "detour" / "out", {model}), ErrorCode::invalid_argument);
  EXPECT_EQ(refused(model, {model}), ErrorCode::invalid_argument);
  const std::vector<fs::path> inputs{model};
  EXPECT_NO_THROW(check_output_path(folder_ / "model-small", inputs, Overwrite::refuse));  // a longer name is another place
}

}  // namespace
}  // namespace tightrope
