#include "port_holder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>

namespace herdflow::http {
namespace {

namespace fs = std::filesystem;

/// The inodes of the sockets that listen on the port, as /proc/net/tcp lists them:
/// `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …`.
void CollectListeners(const char* table, std::uint16_t port, std::set<std::string>& links) {
  std::ifstream file(table);
  const std::string port_text = fmt::format(":{:04X}", port);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer, retransmits, user, timeout, inode;
    fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >>
        timeout >> inode;
    constexpr std::string_view kListen = "0A";
    if (fields && state == kListen && local.ends_with(port_text)) {
      links.insert(fmt::format("socket:[{}]", inode));
    }
  }
}

bool HoldsOneOf(const fs::path& process, const std::set<std::string>& links) {
  std::error_code error;
  for (fs::directory_iterator at(process / "fd", error), end; !error && at != end;
       at.increment(error)) {
    std::error_code unreadable;
    const fs::path target = fs::read_symlink(at->path(), unreadable);
    if (!unreadable && links.contains(target.string())) return true;
  }
  return false;
}

}  // namespace

std::string PortHolder(std::uint16_t port) {
  std::set<std::string> links;
  CollectListeners("/proc/net/tcp", port, links);
  CollectListeners("/proc/net/tcp6", port, links);
  if (links.empty()) return {};
  std::error_code error;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    const std::string pid = at->path().filename().string();
    if (!std::all_of(pid.begin(), pid.end(), [](char c) { return c >= '0' && c <= '9'; })) continue;
    if (!HoldsOneOf(at->path(), links)) continue;
    std::string program;
    std::getline(std::ifstream(at->path() / "comm"), program);
    return fmt::format("{} (process {})", program, pid);
  }
  return {};
}

}  // namespace herdflow::http
