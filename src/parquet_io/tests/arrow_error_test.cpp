#include "arrow_error.hpp"

#include <arrow/status.h>
#include <arrow/util/io_util.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace herdflow::parquet_io {
namespace {

TEST(ReadingError, ADiskThatFailsIsNoFaultOfTheFile) {
  const Error error = ReadingError("m.parquet", "column \"value\"",
                                   arrow::internal::IOErrorFromErrno(EIO, "Error reading bytes"));
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_EQ(error.message(),
            "reading m.parquet: Input/output error; see whether the disk or the share that it lies "
            "on is well");
}

TEST(ReadingError, WhatIsNotReadHereIsToldFromDamage) {
  const auto message = [](const arrow::Status& status) {
    return ReadingError("m.parquet", "row 7", status).message();
  };
  EXPECT_EQ(message(arrow::Status::NotImplemented("no BIT_PACKED")),
            "reading m.parquet: row 7: it uses what is not read here; write it anew with pandas, "
            "pyarrow or DuckDB (Arrow says: no BIT_PACKED)");
  EXPECT_EQ(message(arrow::Status::IOError("No more data to read.\n")),
            "reading m.parquet: row 7: the file is damaged or was written wrongly, write it anew "
            "(Arrow says: No more data to read.)");
}

TEST(WritingError, TellsAFullDisk) {
  const Error error =
      WritingError("cows.parquet", arrow::internal::IOErrorFromErrno(ENOSPC, "Error writing"));
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_EQ(error.message(), "writing cows.parquet: No space left on device");
}

}  // namespace
}  // namespace herdflow::parquet_io
