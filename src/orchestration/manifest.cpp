#include "herdflow/orchestration/manifest.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace herdflow::orchestration {
namespace {

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string List(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + Quoted(text);
  return out + "]";
}

std::string TaskLine(const TaskDefinition& task) {
  return fmt::format(
      R"(        {{"id": {}, "description": {}, "after": {}, "retries": {{"count": {}, )"
      R"("first_delay_seconds": {}, "longest_delay_seconds": {}}}, "time_out_seconds": {}}})",
      Quoted(task.id()), Quoted(task.description), List(task.after), task.retries.count,
      task.retries.first_delay.count(), task.retries.longest_delay.count(), task.time_out.count());
}

std::string PipelineLines(const PipelineDefinition& pipeline) {
  std::string out = fmt::format(
      "    {{\n      \"id\": {},\n      \"description\": {},\n      \"owner\": {},\n      "
      "\"tags\": {},\n      \"schedule\": {},\n      \"tasks\": [\n",
      Quoted(pipeline.id), Quoted(pipeline.description), Quoted(pipeline.owner),
      List(pipeline.tags), Quoted(Text(pipeline.schedule)));
  for (const TaskDefinition& task : pipeline.tasks) {
    out += TaskLine(task) + (&task == &pipeline.tasks.back() ? "\n" : ",\n");
  }
  return out + "      ]\n    }";
}

tl::unexpected<Error> Failed(const std::string& path, std::string_view doing, int error) {
  return Fail(ErrorCode::kUnavailable, "writing {}: cannot {} it: {}", path, doing,
              std::generic_category().message(error));
}

/// Writes all of the text and syncs it. 0, or the error's number.
int WriteAndSync(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file) == 0 ? 0 : errno;
}

}  // namespace

std::string Manifest(const Definitions& definitions, std::string_view time_zone) {
  std::string out = fmt::format(
      "{{\n  \"version\": {},\n  \"scheduler\": {},\n  \"time_zone\": {},\n  \"pipelines\": [\n",
      kManifestVersion, Quoted(Name(definitions.scheduler)), Quoted(time_zone));
  for (const PipelineDefinition& pipeline : definitions.pipelines) {
    out += PipelineLines(pipeline) + (&pipeline == &definitions.pipelines.back() ? "\n" : ",\n");
  }
  return out + "  ]\n}\n";
}

Result<> ReplaceFile(const std::string& path, std::string_view text) {
  const std::string beside = path + ".new";
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return Failed(beside, "open", errno);
  const int error = WriteAndSync(file, text);
  ::close(file);
  if (error != 0) return Failed(beside, "write", error);
  if (::rename(beside.c_str(), path.c_str()) != 0) return Failed(path, "replace", errno);
  // The name as well: after a power cut the file is the old or the new one.
  const auto folder = std::filesystem::path(path).parent_path();
  const int directory = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (directory >= 0) {
    static_cast<void>(::fsync(directory));
    ::close(directory);
  }
  return {};
}

}  // namespace herdflow::orchestration
