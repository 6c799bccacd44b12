#include "file_kind.hpp"

#include <arrow/api.h>
#include <gmock/gmock.h>

#include <utility>

#include "table_file.hpp"

namespace herdflow::parquet_io {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

class FileKind : public ParquetTest {
 protected:
  /// What is said of a file of such bytes after its name.
  std::string Said(std::string_view bytes) const {
    const std::string path = WriteBytes("cows.parquet", bytes);
    const std::string failure = ReadFailure({path});
    const std::string begin = "reading " + path + ": ";
    EXPECT_TRUE(failure.starts_with(begin)) << failure;
    return failure.substr(std::min(begin.size(), failure.size()));
  }
};

TEST_F(FileKind, OfSomethingElseSaysWhatItSeemsToBe) {
  for (const auto& [bytes, kind] : {
           std::pair{"id,name,birthdate\nc1,Berta,2020-01-09\n"s, "text, such as CSV; write it as"},
           std::pair{"\xEF\xBB\xBFid;name\n"s, "text, such as CSV; write it as"},
           std::pair{std::string(511, 'a') + "é", "text, such as CSV; write it as"},
           std::pair{"\n [{\"id\": \"c1\"}]"s, "JSON; write it as Parquet"},
           std::pair{"<!DOCTYPE html><title>404</title>"s, "HTML or XML; see what was downloaded"},
           std::pair{"\x1F\x8B\x08\0\0\0\0\0"s, "compressed by gzip; unpack it"},
           std::pair{"\x04\x22\x4D\x18\x64"s, "compressed by lz4; unpack it"},
           std::pair{"PK\x03\x04\x14\0 cows.parquet"s, "a ZIP archive; unpack it"},
           std::pair{"PK\x03\x04\x14\0 [Content_Types].xml"s, "Excel (.xlsx); write it as Parquet"},
           std::pair{"PK\x03\x04\x14\0 docProps/app.xml"s, "Excel (.xlsx); write it as Parquet"},
           std::pair{"\xD0\xCF\x11\xE0\xA1\xB1"s, "Excel (.xls); write it as Parquet"},
           std::pair{"\x89PNG\r\n"s, "a picture (PNG); name the Parquet file that is meant"},
           std::pair{std::string(1000, '\0'), "zeros, as a copy that was broken off"},
           std::pair{"ARROW1\0\0"s, "an Arrow (Feather) file; write it as Parquet"},
           std::pair{"SQLite format 3\0\x10"s, "a database of SQLite; write it as Parquet"},
           std::pair{"\xFF\xFEi\0d\0"s, "text in UTF-16; write it as Parquet"},
           std::pair{"version https://git-lfs.github.com/spec/v1\n"s, "git lfs pull"},
           std::pair{"\x01\x02\x03"s, "something else; name the Parquet file that is meant"},
       }) {
    EXPECT_THAT(Said(bytes), HasSubstr("it is no Parquet file, but seems to be "));
    EXPECT_THAT(Said(bytes), HasSubstr(kind));
  }
}

TEST_F(FileKind, OfAFileThatIsNotWholeSaysWhatIsMissing) {
  const std::string whole = FileBytes(WriteCows("whole.parquet"));
  EXPECT_EQ(Said(""), "it is empty, 0 bytes; copy it or write it anew");
  for (const std::string& cut : {whole.substr(0, whole.size() - 40), "PAR1"s, "PAR1\0\0"s}) {
    EXPECT_EQ(Said(cut),
              "it begins as Parquet does, but its end is missing: it was cut off, or is being "
              "written; copy it or write it anew");
  }
  for (const auto& [more, bytes] : {std::pair{"\n"s, 1}, std::pair{std::string(300, 'x'), 300}}) {
    EXPECT_EQ(
        Said(whole + more),
        fmt::format("bytes follow its end ({}): something was added to it; copy it or write it "
                    "anew",
                    bytes));
  }
  EXPECT_EQ(Said(whole.substr(40)),
            "it ends as Parquet does, but its beginning is damaged; copy it or write it anew");
  EXPECT_EQ(Said("PAR1\xE8\x03\0\0PAR1"s),
            "its footer should have 1000 bytes, the whole file has 12: it is damaged; copy it or "
            "write it anew");
}

TEST_F(FileKind, AFooterThatCannotBeReadIsDamage) {
  EXPECT_THAT(Said("PAR1"s + std::string(1'000, '\0') + "PAR1"),
              HasSubstr("the file is damaged or was written wrongly, write it anew (Arrow says: "));
}

TEST_F(FileKind, EncryptedWhereverTheKeyIsNeeded) {
  const std::vector<TestColumn> columns{{"id", arrow::utf8(), R"(["s1"])"},
                                        {"unit", arrow::utf8(), R"(["L"])"},
                                        {"note", arrow::utf8(), R"(["x"])"}};
  using Encryption = TableOptions::Encryption;
  for (const Encryption encryption :
       {Encryption::kWhole, Encryption::kColumns, Encryption::kColumnNote}) {
    const std::string path = Write("s.parquet", columns, {.encryption = encryption});
    EXPECT_EQ(ReadFailure({path}),
              "reading " + path + ": it is encrypted: write the file anew without encryption");
  }
}

}  // namespace
}  // namespace herdflow::parquet_io
