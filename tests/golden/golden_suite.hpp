#pragma once

// The cases beside this file, run on a store. A test program includes it in one file and writes
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, Golden, OnEachCase(MakeSqliteFixture), NameOfCase);

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <tuple>
#include <vector>

#include "layer_dump.hpp"
#include "script.hpp"

namespace herdflow::golden {

namespace fs = std::filesystem;

inline Lines ReadLines(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  Lines lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

inline void WriteLines(const fs::path& file, const Lines& lines) {
  std::ofstream out(file, std::ios::binary);
  for (const std::string& line : lines) out << line << '\n';
}

/// The lines that differ, by a longest common subsequence: `- ` expected, `+ ` as it is.
inline std::string Diff(const Lines& expected, const Lines& actual) {
  const std::size_t n = expected.size();
  const std::size_t m = actual.size();
  std::vector<std::vector<int>> common(n + 1, std::vector<int>(m + 1, 0));
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t j = m; j-- > 0;) {
      common[i][j] = expected[i] == actual[j] ? common[i + 1][j + 1] + 1
                                              : std::max(common[i + 1][j], common[i][j + 1]);
    }
  }
  std::string diff;
  for (std::size_t i = 0, j = 0; i < n || j < m;) {
    if (i < n && j < m && expected[i] == actual[j]) {
      ++i, ++j;
    } else if (j == m || (i < n && common[i + 1][j] >= common[i][j + 1])) {
      diff += std::to_string(i + 1) + " - " + expected[i] + '\n';
      ++i;
    } else {
      diff += std::to_string(i + 1) + " + " + actual[j] + '\n';
      ++j;
    }
  }
  return diff;
}

inline std::vector<fs::path> Cases() {
  std::vector<fs::path> cases;
  for (const auto& entry : fs::directory_iterator(HERDFLOW_GOLDEN_CASES)) {
    const fs::path& file = entry.path();
    if (file.extension() == ".txt" && file.stem() != "CMakeLists") cases.push_back(file);
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

using Case = std::tuple<pipeline::testing::MakeLayerStoreFixture, fs::path>;

class Golden : public ::testing::TestWithParam<Case> {};

TEST_P(Golden, AnswersAreThoseOfTheFile) {
  const auto& [make_store, file] = GetParam();
  const auto store = make_store();
  if (store == nullptr) {
    pipeline::testing::SkipWithoutServer();
    return;
  }
  const Lines expected = ReadLines(file);
  const auto actual = Answer(expected, *store);
  ASSERT_TRUE(actual) << actual.error().message();
  if (*actual == expected) return;
  if (std::getenv("HERDFLOW_GOLDEN_ACCEPT") != nullptr) {
    WriteLines(file, *actual);
    return;
  }
  std::string engine = ::testing::UnitTest::GetInstance()->current_test_info()->test_suite_name();
  engine.resize(engine.find('/'));
  const fs::path written =
      fs::path(HERDFLOW_GOLDEN_ACTUAL) / (file.stem().string() + "." + engine + ".actual");
  WriteLines(written, *actual);
  ADD_FAILURE() << "line - expected + actual of " << file.filename() << '\n'
                << Diff(expected, *actual) << "The whole is in " << written
                << "; HERDFLOW_GOLDEN_ACCEPT=1 takes it as it is.";
}

inline auto OnEachCase(const pipeline::testing::MakeLayerStoreFixture& make_store) {
  return ::testing::Combine(::testing::Values(make_store), ::testing::ValuesIn(Cases()));
}

inline std::string NameOfCase(const ::testing::TestParamInfo<Case>& each) {
  std::string name = std::get<fs::path>(each.param).stem().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

}  // namespace herdflow::golden
