#include "script.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include "fake_event_log.hpp"
#include "herdflow/api/json.hpp"
#include "herdflow/herd/report.hpp"
#include "herdflow/pipeline/pipelines.hpp"
#include "load_all.hpp"
#include "tables.hpp"

namespace herdflow::golden {
namespace {

using namespace pipeline;  // NOLINT(google-build-using-namespace): what the script drives.
using pipeline::testing::FakeEventLog;
using pipeline::testing::FakeEventReader;
using pipeline::testing::LoadAll;

/// `\xFF` is that byte, which no JSON can say.
std::string MessageOf(std::string_view text) {
  if (text == "(empty)") return "";
  std::string message;
  while (!text.empty()) {
    if (text.starts_with("\\x") && text.size() >= 4) {
      message.push_back(static_cast<char>(std::stoi(std::string(text.substr(2, 2)), nullptr, 16)));
      text.remove_prefix(4);
    } else {
      message.push_back(text.front());
      text.remove_prefix(1);
    }
  }
  return message;
}

class Script {
 public:
  explicit Script(pipeline::testing::LayerStoreFixture& layers) : layers_(layers) {}

  Result<> Do(const std::string& line) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (line.starts_with(' ')) return Send(line);
    if (word.empty() || word.starts_with('#') || word == "send") return {};
    if (word == "zone") {
      words >> zone_;
      return {};
    }
    if (word == "run") return RunAll();
    HERDFLOW_CHECK(Open());
    if (word == "show") {
      while (words >> word) {
        const auto tables = TablesOf(word);
        if (tables.empty()) return Fail(ErrorCode::kInvalidInput, "no table {}", word);
        for (const auto table : tables) AddAnswer(ShowTable(layers_, table));
      }
      return {};
    }
    if (word == "report") {
      std::string date;
      std::string today;
      words >> date >> word >> today;
      return Report(ParseDate(date), ParseDate(today));
    }
    if (word == "cow") {
      words >> word;
      HERDFLOW_ASSIGN(const auto cow, layers_.Queries().herd->FindCow(herd::kDefaultFarm, word));
      AddAnswer(cow ? ShowJson(api::CowJson(*cow)) : Lines{"(not found)"});
      return {};
    }
    return Fail(ErrorCode::kInvalidInput, "no such command: {}", line);
  }

  /// What the last line made herdflow say.
  Lines TakeAnswers() { return std::exchange(answers_, {}); }

 private:
  Result<> Open() {
    if (store_) return {};
    HERDFLOW_ASSIGN(store_, layers_.Open({.default_farm = {.time_zone = zone_, .bounds = {}}}));
    loader_.emplace(LoadContext{reader_, *store_, "golden"});
    return {};
  }

  /// `  <topic>[/<partition>] <broker time> <message>`
  Result<> Send(const std::string& line) {
    std::istringstream words(line);
    std::string to;
    std::string at;
    std::string message;
    words >> to >> at >> std::ws;
    std::getline(words, message);
    const std::size_t slash = to.find('/');
    const auto topic = TopicNamed(to.substr(0, slash));
    const auto received_at = ParseInstant(at);
    if (!topic || !received_at) return Fail(ErrorCode::kInvalidInput, "no message: {}", line);
    const int partition = slash == std::string::npos ? 0 : std::stoi(to.substr(slash + 1));
    log_.Put({*topic, partition}, *received_at, "key", MessageOf(message));
    return {};
  }

  Result<> RunAll() {
    HERDFLOW_CHECK(Open());
    HERDFLOW_CHECK(LoadAll(*loader_));
    CleanseContext context{*store_};
    for (const Pipeline pipeline : kAllPipelines) {
      HERDFLOW_CHECK(Run(pipeline, context, {}, [](std::string_view, std::int64_t) {}));
    }
    return {};
  }

  Result<> Report(std::optional<FarmDay> day, std::optional<FarmDay> today) {
    if (!day || !today) return Fail(ErrorCode::kInvalidInput, "report <date> today <date>");
    HERDFLOW_ASSIGN(const ReportData data,
                    layers_.Queries().report->ReadReportData(herd::kDefaultFarm, *day));
    AddAnswer(ShowJson(
        api::ReportJson(herd::MakeReport(*day, *today, data.data, data.cows, herd::HealthRule{}))));
    return {};
  }

  void AddAnswer(const Lines& lines) {
    answers_.insert(answers_.end(), lines.begin(), lines.end());
  }

  std::string zone_ = "UTC";
  pipeline::testing::LayerStoreFixture& layers_;
  std::unique_ptr<LayerStore> store_;
  FakeEventLog log_;
  FakeEventReader reader_{log_};
  std::optional<Loader> loader_;
  Lines answers_;
};

}  // namespace

Result<Lines> Answer(const Lines& script, pipeline::testing::LayerStoreFixture& store) {
  Script run(store);
  Lines out;
  for (const std::string& line : script) {
    if (line.starts_with('|')) continue;
    out.push_back(line);
    HERDFLOW_CHECK(run.Do(line));
    for (const std::string& answer : run.TakeAnswers()) out.push_back("| " + answer);
  }
  return out;
}

}  // namespace herdflow::golden
