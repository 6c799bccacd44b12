#include "sealed_pages.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>

#include "herdflow/sqlite/checksum.hpp"

namespace herdflow::sqlite {
namespace {

constexpr const char* kName = "herdflow-sealed-pages";
constexpr int kSealBytes = 8;
/// Of the file's header, as SQLite's file format has it: the magic, the page's size (1 means
/// 65,536) and the bytes reserved at its end.
constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::size_t kSizeAt = 16, kReservedAt = 20, kHeaderBytes = 24;
/// Of a page of a B-tree, behind the file's header on the first page: its kind, and its cells.
constexpr std::size_t kFirstTreeAt = 100, kCellsAt = 3;
constexpr std::string_view kTreeKinds("\2\5\12\15");
/// Of a disk, at least; a larger one may take the whole page.
constexpr std::size_t kSectorBytes = 512;

/// Stands behind SQLite's own file object, whose methods it replaces by a copy with two of ours.
struct SealedFile {
  sqlite3_io_methods methods;
  const sqlite3_io_methods* original;
  int page_size;  ///< 0: not sealed, as far as is known.
  bool ignores_seals;
};

sqlite3_vfs* original_vfs = nullptr;

std::size_t PlaceOfOurs() {
  constexpr std::size_t kAlign = alignof(SealedFile);
  return (static_cast<std::size_t>(original_vfs->szOsFile) + kAlign - 1) / kAlign * kAlign;
}

SealedFile& Ours(sqlite3_file* file) {
  return *reinterpret_cast<SealedFile*>(reinterpret_cast<char*>(file) + PlaceOfOurs());
}

int SealedPageSize(const unsigned char* header) {
  if (std::memcmp(header, kMagic.data(), kMagic.size()) != 0) return 0;
  if (header[kReservedAt] != kSealBytes) return 0;
  const int size = header[kSizeAt] << 8 | header[kSizeAt + 1];
  return size == 1 ? 65'536 : size;
}

/// A file becomes sealed while it is open, by this connection or another one, and stays so.
bool IsSealedPage(sqlite3_file* file, int bytes, sqlite3_int64 offset) {
  SealedFile& ours = Ours(file);
  if (ours.page_size == 0) {
    std::array<unsigned char, kHeaderBytes> header{};
    if (ours.original->xRead(file, header.data(), int{kHeaderBytes}, 0) != SQLITE_OK) return false;
    ours.page_size = SealedPageSize(header.data());
  }
  return bytes == ours.page_size && offset % bytes == 0;
}

/// With its place, so that a page which was written elsewhere is none.
std::int64_t SealOf(const char* page, int bytes, sqlite3_int64 offset) {
  const std::string_view content(page, static_cast<std::size_t>(bytes - kSealBytes));
  return Checksum().Add(offset / bytes).Add(content).value();
}

/// Whether a page without a seal may be one that another SQLite copied out of our write-ahead log,
/// and not one of which the disk gave the last sectors as zeros. SQLite writes the cells of a
/// B-tree's page from its end on, so that only a page without cells ends in zeros. Of the last page
/// of a long value, that many zeros are its rest, unless they begin where a sector does.
bool MayLackSeal(std::string_view page, sqlite3_int64 offset) {
  const std::size_t end = page.find_last_not_of('\0') + 1;
  if (end > page.size() - kSectorBytes) return true;
  const auto tree = page.substr(offset == 0 ? kFirstTreeAt : 0);
  if (kTreeKinds.find(tree[0]) == std::string_view::npos) return end % kSectorBytes != 0;
  return tree[kCellsAt] == 0 && tree[kCellsAt + 1] == 0;
}

bool IsAsWritten(const char* page, int bytes, sqlite3_int64 offset) {
  std::int64_t seal = 0;
  std::memcpy(&seal, page + bytes - kSealBytes, sizeof seal);
  if (seal == 0) return MayLackSeal({page, static_cast<std::size_t>(bytes)}, offset);
  return seal == SealOf(page, bytes, offset);
}

int Read(sqlite3_file* file, void* buffer, int bytes, sqlite3_int64 offset) {
  const int code = Ours(file).original->xRead(file, buffer, bytes, offset);
  const bool is_short = code == SQLITE_IOERR_SHORT_READ;
  if ((code != SQLITE_OK && !is_short) || !IsSealedPage(file, bytes, offset)) return code;
  const bool compares = !Ours(file).ignores_seals;
  if (is_short)
    return compares ? SQLITE_IOERR_DATA : code;  // SQLite would take what is cut off for zeros.
  char* page = static_cast<char*>(buffer);
  if (compares && !IsAsWritten(page, bytes, offset)) return SQLITE_IOERR_DATA;
  // In the write-ahead log, from where another SQLite may copy it, the changed page has none.
  std::memset(page + bytes - kSealBytes, 0, kSealBytes);
  return SQLITE_OK;
}

int Write(sqlite3_file* file, const void* buffer, int bytes, sqlite3_int64 offset) {
  SealedFile& ours = Ours(file);
  if (offset == 0 && bytes >= static_cast<int>(kHeaderBytes) && ours.page_size == 0) {
    ours.page_size = SealedPageSize(static_cast<const unsigned char*>(buffer));
  }
  if (!IsSealedPage(file, bytes, offset)) {
    return ours.original->xWrite(file, buffer, bytes, offset);
  }
  // The buffer is SQLite's page, and as it was when SQLite has it back.
  char* page = static_cast<char*>(const_cast<void*>(buffer));
  const std::int64_t seal = SealOf(page, bytes, offset);
  std::memcpy(page + bytes - kSealBytes, &seal, sizeof seal);
  const int code = ours.original->xWrite(file, buffer, bytes, offset);
  std::memset(page + bytes - kSealBytes, 0, kSealBytes);
  return code;
}

/// A part of a page could not be compared.
int Characteristics(sqlite3_file* file) {
  return Ours(file).original->xDeviceCharacteristics(file) & ~SQLITE_IOCAP_SUBPAGE_READ;
}

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  const int code = original_vfs->xOpen(original_vfs, name, file, flags, out_flags);
  if (code != SQLITE_OK || (flags & SQLITE_OPEN_MAIN_DB) == 0) return code;
  auto* ours = new (&Ours(file)) SealedFile{*file->pMethods, file->pMethods, 0, false};
  ours->methods.iVersion = std::min(ours->methods.iVersion, 2);  // 3 would read by mapping.
  ours->methods.xRead = Read;
  ours->methods.xWrite = Write;
  ours->methods.xDeviceCharacteristics = Characteristics;
  file->pMethods = &ours->methods;
  return code;
}

/// All but opening is the original's: its functions find what is theirs at the same places.
const char* Register() {
  static sqlite3_vfs vfs;
  original_vfs = sqlite3_vfs_find(nullptr);
  vfs = *original_vfs;
  vfs.zName = kName;
  vfs.szOsFile = static_cast<int>(PlaceOfOurs() + sizeof(SealedFile));
  vfs.xOpen = Open;
  sqlite3_vfs_register(&vfs, 0);
  return kName;
}

}  // namespace

const char* SealedPages() {
  static const char* const name = Register();
  return name;
}

void WantSeals(sqlite3* connection) {
  int bytes = kSealBytes;
  sqlite3_file_control(connection, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes);
}

bool HasSeals(sqlite3* connection) {
  int bytes = -1;  // Only asks.
  sqlite3_file_control(connection, "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes);
  return bytes == kSealBytes;
}

void IgnoreSeals(sqlite3* connection) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  Ours(file).ignores_seals = true;
}

}  // namespace herdflow::sqlite
