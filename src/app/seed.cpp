#include "herdflow/intake/seed.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>

#include "commands.hpp"
#include "herdflow/core/logging.hpp"
#include "herdflow/herd/farm.hpp"
#include "herdflow/parquet_io/event_sources.hpp"
#include "parts.hpp"
#include "stop.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

struct SeedOptions {
  std::vector<std::string> paths;
  std::string farm;    ///< Of rows that name none; empty: `default`.
  std::string resume;  ///< `<file>:<row>`
};

/// Leaves out what an earlier seed has sent: the files before that of the mark, and its rows.
Result<> GoOnFrom(const std::string& mark,
                  std::vector<std::unique_ptr<intake::EventSource>>& sources) {
  const std::size_t colon = mark.rfind(':');
  std::int64_t row = -1;
  if (colon != std::string::npos) {
    const char* first = mark.data() + colon + 1;
    const char* last = mark.data() + mark.size();
    if (const auto [end, error] = std::from_chars(first, last, row);
        error != std::errc() || end != last) {
      row = -1;
    }
  }
  if (row < 0) {
    return Fail(ErrorCode::kInvalidInput,
                "seeding: --resume is '{}', expected FILE:ROW as the interrupted seed printed it",
                mark);
  }
  const std::string file = mark.substr(0, colon);
  const auto source = std::find_if(sources.begin(), sources.end(), [&](const auto& candidate) {
    return candidate->name() == file;
  });
  if (source == sources.end()) {
    return Fail(ErrorCode::kInvalidInput,
                "seeding: --resume names {}, which is not among the files to seed", file);
  }
  sources.erase(sources.begin(), source);
  return sources.front()->Skip(row);
}

/// As a shell takes them back.
std::string Quoted(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    if (word.find_first_of(" \t\n'\"\\$`&|;<>()*?[]#~!") == std::string::npos) {
      text += word;
      continue;
    }
    text += '\'';
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += '\'';
  }
  return text;
}

std::string HowToGoOn(const intake::SeedStop& stopped, const SeedOptions& options) {
  std::string text =
      fmt::format("; the first {} rows of {} are in the log", stopped.row, stopped.file);
  if (stopped.beyond > 0) {
    text +=
        fmt::format(", and up to {} after them, which are sent again (harmless)", stopped.beyond);
  }
  const std::string farm = options.farm.empty() ? "" : " --farm " + options.farm;
  return text + fmt::format("; go on with `herdflow seed {}{} --resume {}`", Quoted(options.paths),
                            farm, Quoted({fmt::format("{}:{}", stopped.file, stopped.row)}));
}

/// What the log holds beyond a message a row is told.
void TellOfCopies(const intake::SeedResult::File& file) {
  if (file.twice == 0 && file.perhaps_twice == 0) return;
  Log(LogLevel::kWarning,
      "seeding {}: the log refused rows for a while or gave no answer: {} rows are in it twice, so "
      "that rows of one key keep their order, and {} more may be; a reading sent twice is one "
      "reading",
      file.name, Thousands(file.twice), Thousands(file.perhaps_twice));
}

/// What becomes of events whose farm is not there, or closed: a file is not at the door.
Result<> WarnOfFarms(const std::set<std::string, std::less<>>& farms,
                     const Configuration& configuration) {
  const auto queries = OpenQueries(configuration);
  if (!queries && queries.error().code() == ErrorCode::kNotFound) return {};  // None is known yet.
  if (!queries) return Fail(queries.error());
  for (const std::string& farm : farms) {
    HERDFLOW_ASSIGN(const auto known, queries->herd->FindFarm(farm));
    if (!known) {
      Log(LogLevel::kWarning, "seeding: {}; until then what is sent of it waits in quarantine",
          herd::NoSuchFarm(farm));
    } else if (known->closed_at) {
      Log(LogLevel::kWarning, "seeding: {}; what files hold of it is sent and judged all the same",
          herd::FarmIsClosed(farm));
    }
  }
  return {};
}

/// A farm is of no other one.
Result<> CheckFarmIsOfUse(const SeedOptions& options,
                          const std::vector<std::unique_ptr<intake::EventSource>>& sources) {
  const bool is_of_use = std::any_of(sources.begin(), sources.end(), [](const auto& source) {
    return source->topic() != pipeline::Topic::kFarms;
  });
  if (options.farm.empty() || is_of_use) return {};
  return Fail(ErrorCode::kInvalidInput,
              "seeding: --farm is {}, but all that is to be seeded are farms, which are no farm's: "
              "leave it out",
              options.farm);
}

Result<> Seed(const SeedOptions& options, const Configuration& configuration) {
  const std::stop_token stop = CatchStopSignals();
  HERDFLOW_ASSIGN(auto found, parquet_io::OpenEventSources(options.paths, options.farm, stop));
  for (const std::string& left_out : found.left_out) {
    Log(LogLevel::kWarning, "left out {}", left_out);
  }
  HERDFLOW_CHECK(CheckFarmIsOfUse(options, found.sources));
  if (!found.farms.empty()) HERDFLOW_CHECK(WarnOfFarms(found.farms, configuration));
  auto sources = std::move(found.sources);
  if (!options.resume.empty()) HERDFLOW_CHECK(GoOnFrom(options.resume, sources));
  HERDFLOW_ASSIGN(const auto topics, OpenTopics(configuration));
  HERDFLOW_ASSIGN(const auto writer, OpenWriter(configuration));
  intake::SeedStop stopped;
  Progress progress("seed");
  const auto result = intake::Seed(
      sources, *writer,
      [&](const intake::SeedProgress& at) { progress.Show(at.file, at.rows_done, at.rows_total); },
      stop, stopped);
  if (!result) {
    if (stopped.file.empty()) return Fail(result.error());
    return Fail(
        Error(result.error().code(), result.error().message() + HowToGoOn(stopped, options)));
  }
  Table table({{"file"}, {"topic"}, {"rows", Table::Align::kRight}});
  for (const auto& file : result->files) {
    table.Add({file.name, std::string(Name(file.topic)), Thousands(file.rows)});
    TellOfCopies(file);
  }
  return Print(table.Text());
}

}  // namespace

void AddSeed(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("seed", "Append Parquet files to the topics");
  auto options = std::make_shared<SeedOptions>();
  command
      ->add_option(
          "paths", options->paths,
          "A folder with cows, sensors and measurements, and perhaps farms, or single files")
      ->required()
      ->type_name("FOLDER|FILE...");
  AddFarmOption(
      *command, options->farm,
      "Whose cows, sensors and measurements they are where a row names no farm [default]");
  command
      ->add_option("--resume", options->resume,
                   "Go on where an interrupted seed stood, as it printed it")
      ->type_name("FILE:ROW");
  AddExamples(
      *command,
      "  herdflow seed herd\n"
      "  herdflow seed herd --farm hill-farm\n"
      "  herdflow seed herd/measurements.parquet --resume herd/measurements.parquet:250000");
  command->callback([&chosen, options] {
    chosen.run = [options](const Configuration& c) { return Seed(*options, c); };
  });
}

}  // namespace herdflow::app
