#include "new_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <random>
#include <system_error>

namespace herdflow::sqlite {
namespace {

/// The name is to outlast a power cut as well.
void SyncFolderOf(const std::filesystem::path& file) {
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

/// False: another name than `to` stays with the file. Some file systems know no second names.
bool GiveName(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) == 0 || errno == EEXIST) {
    ::unlink(from.c_str());
    return true;
  }
  return std::rename(from.c_str(), to.c_str()) == 0;
}

}  // namespace

Result<> MakeWhole(const std::string& path,
                   const std::function<Result<>(const std::string& path)>& make) {
  // A name of its own, as another process may make the same file.
  const std::string unfinished = fmt::format("{}-new-{:08x}", path, std::random_device()());
  HERDFLOW_CHECK(make(unfinished));
  std::error_code ignored;
  if (!GiveName(unfinished, path) && !std::filesystem::exists(path, ignored)) {
    return Fail(ErrorCode::kUnavailable, "making {}: {}", path,
                std::generic_category().message(errno));
  }
  SyncFolderOf(path);
  return {};
}

}  // namespace herdflow::sqlite
