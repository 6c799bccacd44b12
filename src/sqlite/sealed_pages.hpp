#pragma once

struct sqlite3;

namespace herdflow::sqlite {

/// A checksum at the end of every page of a database file, written and compared by a layer between
/// SQLite and the system (a VFS). The write-ahead log has SQLite's own, a page of it gets this one
/// on its way into the file.
///
/// A file is sealed if its header says that eight bytes of a page are reserved. SQLite elsewhere
/// reads it, and what it copies of our write-ahead log is a page without a checksum: zeros in its
/// place. Such a page is taken, unless it looks like one whose last sectors a disk gave as zeros.
/// A page that another SQLite changes itself is damaged from then on.

/// The name of the layer, for sqlite3_open_v2. Registers it at the first call.
[[nodiscard]] const char* SealedPages();

/// A new file will be sealed; one that is not will be by VACUUM.
void WantSeals(sqlite3* connection);
/// Whether the file is sealed. REQUIRES: the connection has read something.
[[nodiscard]] bool HasSeals(sqlite3* connection);
/// Pages are given as they are from now on, what is cut off as zeros.
void IgnoreSeals(sqlite3* connection);

}  // namespace herdflow::sqlite
