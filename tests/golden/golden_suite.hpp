#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "script.hpp"

namespace herdflow::golden {
namespace {

namespace fs = std::filesystem;

Lines ReadLines(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  Lines lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

void WriteLines(const fs::path& file, const Lines& lines) {
  std::ofstream out(file, std::ios::binary);
  for (const std::string& line : lines) out << line << '\n';
}

/// The lines that differ, by a longest common subsequence: `- ` expected, `+ ` as it is.
std::string Diff(const Lines& expected, const Lines& actual) {
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

std::vector<fs::path> Cases() {
  std::vector<fs::path> cases;
  for (const auto& entry : fs::directory_iterator(HERDFLOW_GOLDEN_CASES)) {
    const fs::path& file = entry.path();
    if (file.extension() == ".txt" && file.stem() != "CMakeLists") cases.push_back(file);
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

class Golden : public ::testing::TestWithParam<fs::path> {};

TEST_P(Golden, AnswersAreThoseOfTheFile) {
  const Lines expected = ReadLines(GetParam());
  const auto actual = Answer(expected);
  ASSERT_TRUE(actual) << actual.error().message();
  if (*actual == expected) return;
  if (std::getenv("HERDFLOW_GOLDEN_ACCEPT") != nullptr) {
    WriteLines(GetParam(), *actual);
    return;
  }
  const fs::path written =
      fs::path(HERDFLOW_GOLDEN_ACTUAL) / GetParam().filename().replace_extension(".actual");
  WriteLines(written, *actual);
  ADD_FAILURE() << "line - expected + actual of " << GetParam().filename() << '\n'
                << Diff(expected, *actual) << "The whole is in " << written
                << "; HERDFLOW_GOLDEN_ACCEPT=1 takes it as it is.";
}

INSTANTIATE_TEST_SUITE_P(Case, Golden, ::testing::ValuesIn(Cases()), [](const auto& each) {
  std::string name = each.param.stem().string();
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
});

}  // namespace
}  // namespace herdflow::golden
