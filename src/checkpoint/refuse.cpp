// What the first bytes say a file is.
#include "checkpoint/refuse.h"

#include "base/error.h"

namespace tightrope::checkpoint {
namespace {

constexpr std::string_view kPickle =
    "a PyTorch pickle, which can run code when it is opened, so it never is; take the repository's .safetensors, or convert it in a "
    "sandbox";

struct Kind {
  std::string_view first_bytes;
  std::string_view name;  // and remedy
};

constexpr Kind kKinds[] = {
    {"PK\x03\x04", kPickle},  // torch.save since 1.6 is a ZIP
    {"\x80\x02", kPickle},
    {"\x80\x03", kPickle},
    {"\x80\x04", kPickle},
    {"\x80\x05", kPickle},
    {"%PDF", "a PDF; it was renamed or the download went wrong"},
    {"<!DOCTYPE", "a web page; the download went wrong (a login page, perhaps)"},
    {"<html", "a web page; the download went wrong (a login page, perhaps)"},
    {"version https://git-lfs", "a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'"},
    {"lmgg", "a GGML file older than GGUF; convert the model again"},
    {"tjgg", "a GGML file older than GGUF; convert the model again"},
};

}  // namespace

void refuse_other_kinds(std::span<const std::byte> file, std::string_view operation, std::string_view what) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  // Bytes 2 to 7 of a safetensors file are the high bytes of the header's length, so a short header may well begin like a pickle.
  const bool is_safetensors = text.size() > 8 && text[8] == '{' && text.substr(4, 4) == std::string_view("\0\0\0\0", 4);
  if (operation == "gguf" && is_safetensors)
    fail(ErrorCode::unsupported, "[gguf] '{}' is a safetensors file; give it the extension .safetensors", what);
  if (is_safetensors) return;
  if (operation == "safetensors" && text.starts_with("GGUF"))
    fail(ErrorCode::unsupported, "[safetensors] '{}' is a GGUF file; give it the extension .gguf", what);
  for (const Kind& kind : kKinds)
    if (text.starts_with(kind.first_bytes)) fail(ErrorCode::unsupported, "[{}] '{}' is {}", operation, what, kind.name);
}

}  // namespace tightrope::checkpoint
