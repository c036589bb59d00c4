// POSIX files: every call is checked, every error says which file and what the system answered.
#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <random>
#include <system_error>
#include <utility>

#include "base/checked.h"
#include "base/error.h"

namespace tightrope {
namespace {

namespace fs = std::filesystem;

constexpr ssize_t kEarlyWriteback = ssize_t{1} << 20;  // bytes; smaller writes wait for the system

std::string reason(int error) { return std::generic_category().message(error); }

// Closes on destruction.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return value_; }

 private:
  int value_;
};

// The deleter of mappings; release_pages knows them by it.
struct Unmap {
  std::size_t size;
  void operator()(const void* start) const { ::munmap(const_cast<void*>(start), size); }
};

int open_for_reading(const fs::path& path) {
  // O_NONBLOCK: opening a pipe that nobody writes to must not hang.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor >= 0) return descriptor;
  const int error = errno;
  if (error == ENOENT || error == ENOTDIR) fail(ErrorCode::not_found, "[read] there is no '{}'; check the path", path.string());
  fail(ErrorCode::io, "[read] cannot open '{}': {}", path.string(), reason(error));
}

// Throws unless the descriptor is a regular file.
std::uint64_t regular_size(int descriptor, const fs::path& path) {
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0) fail(ErrorCode::io, "[read] cannot examine '{}': {}", path.string(), reason(errno));
  if (!S_ISREG(facts.st_mode)) {
    const char* kind = S_ISDIR(facts.st_mode) ? "a folder" : "a device or pipe";
    fail(ErrorCode::malformed, "[read] '{}' is {}, not a regular file; name a file", path.string(), kind);
  }
  return narrow<std::uint64_t>(facts.st_size, "file size");
}

std::optional<struct stat> facts_of(const fs::path& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return std::nullopt;
  return facts;
}

bool same_file(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

// The folder a path's last component lives in; a trailing slash is no component.
fs::path without_trailing_slash(const fs::path& path) { return path.has_filename() ? path : path.parent_path(); }
fs::path folder_of(const fs::path& path) {
  const fs::path parent = path.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

// True when `folder` is one of the ancestors of `path` (which must exist), or `path` itself; by identity, so links do not fool it.
bool lies_inside(const fs::path& path, const struct stat& folder) {
  std::error_code ignored;
  for (fs::path place = fs::canonical(path, ignored); !place.empty(); place = place.parent_path()) {
    const auto facts = facts_of(place);
    if (facts && same_file(*facts, folder)) return true;
    if (place == place.parent_path()) break;
  }
  return false;
}

void check_against_input(const fs::path& output, const fs::path& input) {
  const auto input_facts = facts_of(input);
  if (!input_facts) return;  // reading it will say so better
  const auto output_facts = facts_of(output);
  if (output_facts && same_file(*output_facts, *input_facts)) {
    fail(ErrorCode::invalid_argument, "[write] the output '{}' is the input '{}'; choose another output", output.string(), input.string());
  }
  if (S_ISDIR(input_facts->st_mode) && lies_inside(folder_of(output), *input_facts)) {
    fail(ErrorCode::invalid_argument, "[write] the output '{}' lies inside the input folder '{}'; choose a place outside it",
         output.string(), input.string());
  }
}

std::uint64_t free_bytes(const fs::path& folder) {
  struct statvfs facts {};
  if (::statvfs(folder.c_str(), &facts) != 0) {
    fail(ErrorCode::io, "[write] cannot ask for the free space of '{}': {}", folder.string(), reason(errno));
  }
  return checked_multiply(facts.f_bavail, facts.f_frsize, "free space");
}

}  // namespace

void fail_write(int error, const fs::path& path, std::string_view step) {
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    std::error_code ignored;
    const fs::space_info space = fs::space(folder_of(path), ignored);
    fail(ErrorCode::no_space, "[write] no room for '{}': {} failed with {} bytes free ({}); make room or write elsewhere", path.string(),
         step, ignored ? 0 : space.available, reason(error));
  }
  fail(ErrorCode::io, "[write] cannot write '{}': {} failed ({}); check the disk or write elsewhere", path.string(), step, reason(error));
}

void sync_folder_of(const fs::path& path) {
  const Descriptor descriptor(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot sync a folder (EINVAL); their rename is as durable as they make it.
  if (descriptor.get() < 0 || (::fsync(descriptor.get()) != 0 && errno != EINVAL)) fail_write(errno, path, "making its name durable");
}

std::string temporary_prefix(const fs::path& output) {
  constexpr std::size_t kKept = 192;  // bytes; a name has at most 255, and the number of the process and a random one follow
  return fmt::format(".{}.tmp-{}-", without_trailing_slash(output).filename().string().substr(0, kKept), ::getpid());
}

fs::path temporary_beside(const fs::path& output) {
  const fs::path path = without_trailing_slash(output);
  return folder_of(path) / fmt::format("{}{:08x}", temporary_prefix(path), std::random_device{}());
}

Bytes map_file(const fs::path& path) {
  const Descriptor descriptor(open_for_reading(path));
  const auto size = narrow<std::size_t>(regular_size(descriptor.get(), path), "file size");
  if (size == 0) return {};
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor.get(), 0);
  if (address == MAP_FAILED) fail(ErrorCode::io, "[read] cannot map the {} bytes of '{}': {}", size, path.string(), reason(errno));
  const std::shared_ptr<const void> owner(address, Unmap{size});
  return {std::span(static_cast<const std::byte*>(address), size), owner};
}

void release_pages(const Bytes& bytes) {
  // On anything but a read-only file mapping this advice would destroy the content.
  if (bytes.size() == 0 || std::get_deleter<Unmap>(bytes.owner()) == nullptr) return;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const std::uintptr_t begin = reinterpret_cast<std::uintptr_t>(bytes.data()) / page * page;
  const std::uintptr_t end = (reinterpret_cast<std::uintptr_t>(bytes.data()) + bytes.size()) / page * page;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);  // failing costs memory only
}

std::string read_text_file(const fs::path& path, std::uint64_t limit) {
  const Descriptor descriptor(open_for_reading(path));
  const std::uint64_t size = regular_size(descriptor.get(), path);
  if (size > limit) {
    fail(ErrorCode::malformed, "[read] '{}' has {} bytes, at most {} are allowed here; it is not the file it should be", path.string(),
         size, limit);
  }
  std::string text(narrow<std::size_t>(size, "file size"), '\0');
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t got = ::read(descriptor.get(), text.data() + done, text.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(ErrorCode::io, "[read] cannot read '{}': {}", path.string(), reason(errno));
    if (got == 0) text.resize(done);  // it shrank meanwhile
    done += static_cast<std::size_t>(got);
  }
  return text;
}

void check_output_path(const fs::path& raw_output, std::span<const fs::path> inputs, Overwrite overwrite) {
  const fs::path output = without_trailing_slash(raw_output);
  if (output.empty()) fail(ErrorCode::invalid_argument, "[write] the output path is empty; name a file");
  std::error_code ignored;
  const fs::file_status parent = fs::status(folder_of(output), ignored);
  if (!fs::exists(parent)) {
    fail(ErrorCode::invalid_argument, "[write] the folder of '{}' does not exist; create it first", output.string());
  }
  if (!fs::is_directory(parent)) {
    fail(ErrorCode::invalid_argument, "[write] '{}' is not a folder, so '{}' cannot be written; choose another output",
         folder_of(output).string(), output.string());
  }
  std::error_code error;
  const fs::file_status status = fs::symlink_status(output, error);
  if (status.type() == fs::file_type::none) {  // the name is too long, for example
    fail(ErrorCode::invalid_argument, "[write] the output '{}' cannot be looked at: {}; choose another output", output.string(),
         error.message());
  }
  if (fs::is_symlink(status)) {
    fail(ErrorCode::invalid_argument, "[write] the output '{}' is a symbolic link; name the file it should become", output.string());
  }
  for (const fs::path& input : inputs) check_against_input(output, input);
  if (!fs::exists(status)) return;
  if (!fs::is_regular_file(status)) {
    fail(ErrorCode::already_exists, "[write] the output '{}' exists and is not a regular file; choose another output", output.string());
  }
  if (overwrite == Overwrite::refuse) {
    fail(ErrorCode::already_exists, "[write] the output '{}' exists; choose another output or allow replacing it (--force)",
         output.string());
  }
}

void check_free_space(const fs::path& folder, std::uint64_t bytes) {
  const std::uint64_t available = free_bytes(folder.empty() ? fs::path(".") : folder);
  if (available >= bytes) return;
  fail(ErrorCode::no_space, "[write] {} bytes are needed in '{}' and {} are free; make room or write elsewhere", bytes, folder.string(),
       available);
}

DurableFile::DurableFile(const fs::path& final_path, Overwrite overwrite)
    : final_path_(without_trailing_slash(final_path)), temporary_path_(temporary_beside(final_path_)), overwrite_(overwrite) {
  descriptor_ = ::open(temporary_path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);  // the umask narrows it
  if (descriptor_ < 0) fail_write(errno, final_path_, "creating a file in its folder");
}

DurableFile::~DurableFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_path_.c_str());
}

void DurableFile::write_at(std::uint64_t offset, std::span<const std::byte> data) {
  if (descriptor_ < 0) fail(ErrorCode::internal, "[write] '{}' is already committed", final_path_.string());
  narrow<off_t>(checked_add(offset, data.size(), "file size"), "file size");
  while (!data.empty()) {
    const ssize_t written = ::pwrite(descriptor_, data.data(), data.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const int error = written < 0 ? errno : EIO;
      fail_write(error, final_path_, fmt::format("writing {} bytes more", data.size()));
    }
    // Starts writing back now, so that the disk works while more is made and commit() has little to wait for. Only a hint.
    if (written >= kEarlyWriteback) ::sync_file_range(descriptor_, static_cast<off_t>(offset), written, SYNC_FILE_RANGE_WRITE);
    data = data.subspan(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

void DurableFile::append(std::span<const std::byte> data) {
  write_at(size_, data);
  size_ += data.size();
}

void DurableFile::append(std::string_view text) { append(std::as_bytes(std::span(text))); }

void DurableFile::give_final_name() const {
  const char *from = temporary_path_.c_str(), *to = final_path_.c_str();
  if (overwrite_ == Overwrite::refuse) {
    if (::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return;
    if (errno == EEXIST)
      fail(ErrorCode::already_exists, "[write] '{}' was made by somebody else meanwhile; allow overwriting or choose another output",
           final_path_.string());
    if (errno != EINVAL && errno != ENOSYS) fail_write(errno, final_path_, "giving it its name");
  }  // the file system has no such rename: the check before the work must do
  if (::rename(from, to) != 0) fail_write(errno, final_path_, "giving it its name");
}

void DurableFile::commit() {
  if (descriptor_ < 0) fail(ErrorCode::internal, "[write] '{}' is already committed", final_path_.string());
  if (::fsync(descriptor_) != 0) {
    const int error = errno;
    struct stat facts {};
    ::fstat(descriptor_, &facts);
    fail_write(error, final_path_, fmt::format("making its {} bytes durable", facts.st_size));
  }
  give_final_name();
  ::close(std::exchange(descriptor_, -1));
  try {
    sync_folder_of(final_path_);
  } catch (const Error&) {
    ::unlink(final_path_.c_str());  // whoever is told of a failure must find nothing
    throw;
  }
}

void write_text_file(const fs::path& path, std::string_view text) {
  DurableFile file(path);
  file.append(text);
  file.commit();
}

}  // namespace tightrope
