#include "build_id.hpp"

#include <fmt/format.h>
#include <link.h>

#include <cstddef>
#include <cstring>
#include <string_view>

#include "version.hpp"

namespace herdflow::app {
namespace {

std::string HexOf(const unsigned char* bytes, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

/// The build id among the notes of a segment (ELF, gABI 5: each part padded to four bytes).
std::string FindIn(const unsigned char* notes, std::size_t size) {
  using namespace std::string_view_literals;
  constexpr std::string_view kOwner = "GNU\0"sv;
  const auto padded = [](std::size_t bytes) { return (bytes + 3) & ~std::size_t{3}; };
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes, sizeof(note));
    const std::size_t name_at = sizeof(note);
    const std::size_t id_at = name_at + padded(note.n_namesz);
    const std::size_t end = id_at + padded(note.n_descsz);
    if (end > size) break;
    const std::string_view owner(reinterpret_cast<const char*>(notes) + name_at, note.n_namesz);
    if (note.n_type == NT_GNU_BUILD_ID && owner == kOwner) {
      return HexOf(notes + id_at, note.n_descsz);
    }
    notes += end;
    size -= end;
  }
  return {};
}

/// Looks at the first object, which is the executable.
int Look(dl_phdr_info* object, std::size_t /*size*/, void* found) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader tells addresses as numbers.
    const auto* notes = reinterpret_cast<const unsigned char*>(object->dlpi_addr + segment.p_vaddr);
    auto& id = *static_cast<std::string*>(found);
    id = FindIn(notes, segment.p_memsz);
    if (!id.empty()) break;
  }
  return 1;
}

}  // namespace

std::string BuildId() {
  std::string hash;
  dl_iterate_phdr(Look, &hash);
  return fmt::format("{} {}", kVersion, hash);
}

}  // namespace herdflow::app
