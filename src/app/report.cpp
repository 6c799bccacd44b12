#include "behind.hpp"
#include "commands.hpp"
#include "herdflow/api/json.hpp"
#include "herdflow/core/logging.hpp"
#include "herdflow/herd/farm.hpp"
#include "parts.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

struct ReportOptions {
  std::string date;
  std::string farm{herd::kDefaultFarm};
  bool json = false;
};

std::string Heading(std::string_view title, std::size_t rows) {
  return fmt::format("\n{} ({})\n\n", title, Thousands(static_cast<std::int64_t>(rows)));
}

std::string ReportText(const herd::DailyReport& report, std::string_view farm) {
  std::string text = fmt::format(
      "Daily report of {}{}{}\n", FormatDate(report.date),
      farm == herd::kDefaultFarm ? "" : fmt::format(", farm {}", farm),
      report.so_far ? " (so far: the day has not ended)"
                    : (report.complete ? "" : " (no later reading yet: not judged for illness)"));
  if (report.data) {
    text += fmt::format("Data from {} to {}\n", FormatDate(report.data->first),
                        FormatDate(report.data->last));
  } else {
    text += "There are no data yet.\n";
  }
  double litres = 0;
  Table milk(
      {{"cow"}, {"name"}, {"litres", Table::Align::kRight}, {"readings", Table::Align::kRight}});
  for (const auto& row : report.milk_production) {
    milk.Add({row.cow_id, row.cow_name, Decimals(row.milk_produced), Thousands(row.readings)});
    litres += row.milk_produced;
  }
  Table weights({{"cow"},
                 {"name"},
                 {"kg", Table::Align::kRight},
                 {"30-day average", Table::Align::kRight},
                 {"weighed at (UTC)"}});
  for (const auto& row : report.cow_weights) {
    weights.Add({row.cow_id, row.cow_name, Decimals(row.current_weight),
                 Decimals(row.avg_weight_last_30_days), FormatInstant(row.current_weight_at)});
  }
  Table ill({{"cow"}, {"name"}, {"why"}});
  for (const auto& row : report.ill_cows) ill.Add({row.cow_id, row.cow_name, row.reason});
  text += Heading("Milk", report.milk_production.size()) + milk.Text();
  text += fmt::format("\n{} litres of {} cows\n", Decimals(litres),
                      Thousands(static_cast<std::int64_t>(report.milk_production.size())));
  text += Heading("Weights", report.cow_weights.size()) + weights.Text();
  text += Heading("Potentially ill", report.ill_cows.size());
  text += report.ill_cows.empty() ? "no cow\n" : ill.Text();
  return text;
}

Result<FarmDay> NewestCompleteDay(const std::string& farm, FarmDay today,
                                  pipeline::ReportQueries& queries) {
  HERDFLOW_ASSIGN(const auto range, queries.ReadDataRange(farm));
  const auto newest = herd::NewestCompleteDay(today, range);
  if (newest) return *newest;
  return Fail(ErrorCode::kNotFound,
              "making the report: there is no complete day yet (one that has ended, with a later "
              "reading); name a DATE");
}

Result<FarmDay> ParseReportDate(const std::string& date, FarmDay today) {
  const auto day = ParseDate(date);
  if (!day) {
    return Fail(ErrorCode::kInvalidInput, "making the report: '{}' is no date; expected YYYY-MM-DD",
                date);
  }
  if (*day > today) {
    return Fail(ErrorCode::kInvalidInput, "making the report: {} has not begun; today is {}", date,
                FormatDate(today));
  }
  return *day;
}

Result<> Report(const ReportOptions& options, const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto queries, OpenQueries(configuration));
  HERDFLOW_ASSIGN(const auto farm, FindFarm(*queries.herd, options.farm, "making the report"));
  HERDFLOW_ASSIGN(const auto calendar, herd::FarmCalendar::Make(farm.rules.time_zone));
  const FarmDay today = calendar.DayOf(Now());
  FarmDay day;
  if (options.date.empty()) {
    HERDFLOW_ASSIGN(day, NewestCompleteDay(farm.id, today, *queries.report));
  } else {
    HERDFLOW_ASSIGN(day, ParseReportDate(options.date, today));
  }
  if (farm.closed_at) {
    Log(LogLevel::kWarning, "making the report: {}", herd::FarmIsClosed(farm.id));
  }
  WarnIfBehind(configuration, *queries.operations);
  HERDFLOW_ASSIGN(const auto data, queries.report->ReadReportData(farm.id, day));
  const auto report = herd::MakeReport(day, today, data.data, data.cows, configuration.health);
  return Print(options.json ? api::ReportJson(report) + "\n" : ReportText(report, farm.id));
}

}  // namespace

void AddReport(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand("report", "Print the daily report");
  auto options = std::make_shared<ReportOptions>();
  command->add_option("date", options->date, "YYYY-MM-DD [the newest complete day]")
      ->type_name("DATE");
  AddFarmOption(*command, options->farm, "Whose [default]");
  command->add_flag("--json", options->json, "As the API's JSON");
  AddExamples(*command,
              "  herdflow report\n  herdflow report 2024-04-07 --json\n"
              "  herdflow report --farm hill-farm");
  command->callback([&chosen, options] {
    chosen.run = [options](const Configuration& c) { return Report(*options, c); };
  });
}

}  // namespace herdflow::app
