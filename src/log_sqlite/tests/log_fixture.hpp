#pragma once

// A log in a folder of its own, and what its tests are written with.

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "event_log_helpers.hpp"
#include "herdflow/log_sqlite/log_sqlite.hpp"

namespace herdflow::log_sqlite {

using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace pipeline;           // NOLINT(google-build-using-namespace): the ports under test.
using namespace pipeline::testing;  // NOLINT(google-build-using-namespace)

template <class T>
T Must(Result<T> result) {
  EXPECT_TRUE(result) << (result ? "" : result.error().message());
  return std::move(*result);
}

/// A log in a folder that ends with the fixture.
class SqliteLogFixture : public EventLogFixture {
 public:
  SqliteLogFixture() {
    std::string name = (std::filesystem::temp_directory_path() / "herdflow-XXXXXX").string();
    options.folder = ::mkdtemp(name.data());
  }
  ~SqliteLogFixture() override { std::filesystem::remove_all(options.folder); }

  std::unique_ptr<EventWriter> Writer() override { return Must(MakeSqliteEventWriter(options)); }
  std::unique_ptr<EventReader> Reader(const std::string& group,
                                      std::vector<Topic> topics) override {
    return Must(MakeSqliteEventReader(options, group, std::move(topics)));
  }
  std::unique_ptr<TopicAdmin> Admin() override { return Must(MakeSqliteTopicAdmin(options)); }

  void MakeTopics(std::int32_t partitions) {
    auto admin = Admin();
    for (const Topic topic : kAllTopics)
      ASSERT_TRUE(admin->Create(topic, {.partitions = partitions}));
  }

  SqliteLogOptions options;
};

class SqliteLog : public ::testing::Test, protected SqliteLogFixture {
 protected:
  static AppendOutcome AppendOne(EventWriter& writer, const std::string& value) {
    Outcomes outcomes;
    writer.Append(Topic::kMeasurements, {{"key", value, {}}}, outcomes.Next());
    return outcomes.Wait().at(0).at(0);
  }

  /// What `work` does in a process of its own; it exits 0 if `work` returns.
  static pid_t Fork(const std::function<void()>& work) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    work();
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  static int Wait(pid_t child) {
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return status;
  }

  TestConsumer Consumer() {
    return TestConsumer(Reader("test", {kAllTopics.begin(), kAllTopics.end()}));
  }
};

}  // namespace herdflow::log_sqlite
