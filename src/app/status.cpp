#include <algorithm>
#include <optional>
#include <utility>

#include "commands.hpp"
#include "herdflow/api/json.hpp"
#include "herdflow/http/json_writer.hpp"
#include "parts.hpp"
#include "terminal.hpp"

namespace herdflow::app {
namespace {

using pipeline::StoreStatus;

struct StatusOptions {
  std::string farm;  ///< Empty: of everything.
  bool json = false;
  bool audit = false;  ///< Count the rows, and compare.
};

/// The partition as the log knows it now; null: the log has no such partition any more.
const pipeline::TopicDescription::Partition* FindIn(
    const std::vector<pipeline::TopicDescription>& topics,
    const StoreStatus::Partition& partition) {
  for (const auto& topic : topics) {
    if (!partition.current || topic.stream_id != partition.log_id) continue;
    for (const auto& at : topic.partitions) {
      if (at.partition == partition.partition) return &at;
    }
  }
  return nullptr;
}

std::string EndText(const pipeline::TopicDescription::Partition* at) {
  if (at == nullptr) return "gone";
  return at->away ? "away" : Thousands(at->end);
}

/// The log's partitions of which the store has nothing yet.
void AddUnloaded(const std::vector<pipeline::TopicDescription>& topics, StoreStatus& status) {
  for (const auto& topic : topics) {
    for (const auto& at : topic.partitions) {
      const bool known = std::any_of(
          status.partitions.begin(), status.partitions.end(), [&](const auto& partition) {
            return partition.log_id == topic.stream_id && partition.partition == at.partition;
          });
      if (known || at.away) continue;
      StoreStatus::Partition partition;
      partition.topic = Name(topic.topic);
      partition.stream_id = partition.log_id = topic.stream_id;
      partition.partition = at.partition;
      partition.first_offset = partition.next_offset = partition.judged_offset = at.begin;
      status.partitions.push_back(std::move(partition));
    }
  }
}

using Conflicts = std::vector<pipeline::LogConflict>;

/// Why nobody can tell what partitions hold, a line each.
std::string AwayText(const std::vector<pipeline::TopicDescription>& topics) {
  std::string text;
  for (const auto& topic : topics) {
    for (const auto& at : topic.partitions) {
      if (at.away) text += at.away->message() + "\n";
    }
  }
  return text;
}

std::string CountsText(const std::string& what, const std::map<std::string, std::int64_t>& counts) {
  Table table({{what}, {"rows", Table::Align::kRight}});
  for (const auto& [name, rows] : counts) table.Add({name, Thousands(rows)});
  return table.Text();
}

using Differences = std::vector<pipeline::CountDifference>;

std::string DifferencesText(const Differences& differences) {
  if (differences.empty()) return "";
  Table table({{"kept count of"},
               {"which"},
               {"kept", Table::Align::kRight},
               {"counted", Table::Align::kRight}});
  for (const auto& [name, of, kept, counted] : differences) {
    table.Add({name, of, Thousands(kept), Thousands(counted)});
  }
  return "\n" + table.Text();
}

void WriteDifferences(http::JsonWriter& json, const Differences& differences) {
  json.Key("count_differences").BeginArray();
  for (const auto& [table, of, kept, counted] : differences) {
    json.BeginObject().Key("table").String(table).Key("of").String(of);
    json.Key("kept").Integer(kept).Key("counted").Integer(counted).EndObject();
  }
  json.EndArray();
}

/// What an audit comes to. kCorruptData: something does not add up.
Result<> TellAudit(const StoreStatus& status, const Differences& differences) {
  for (const auto& at : status.partitions) {
    if (at.AuditGap() == 0) continue;
    return Fail(
        ErrorCode::kCorruptData,
        "auditing: bronze has {} rows of {}/{} where the offsets say {}: messages were lost "
        "or doubled; stop, keep log and store, and report it",
        at.bronze_rows, at.topic, at.partition, at.bronze_rows + at.AuditGap());
  }
  if (differences.empty()) return {};
  return Fail(ErrorCode::kCorruptData,
              "auditing: {} of the counts that are kept are not those of the rows; `herdflow "
              "pipeline rebuild` counts anew",
              differences.size());
}

std::string StatusText(const StoreStatus& status,
                       const std::vector<pipeline::TopicDescription>& topics,
                       const Conflicts& conflicts) {
  Table partitions({{"topic"},
                    {"partition", Table::Align::kRight},
                    {"in the log", Table::Align::kRight},
                    {"loaded", Table::Align::kRight},
                    {"judged", Table::Align::kRight},
                    {"bronze rows", Table::Align::kRight},
                    {"audit gap", Table::Align::kRight}});
  for (const auto& at : status.partitions) {
    partitions.Add({at.topic, std::to_string(at.partition), EndText(FindIn(topics, at)),
                    Thousands(at.next_offset), Thousands(at.judged_offset),
                    Thousands(at.bronze_rows), Thousands(at.AuditGap())});
  }
  if (status.tables.empty()) {
    return partitions.Text() +
           "\nNothing is loaded yet: `herdflow load`, then `herdflow pipeline run` do it, or "
           "`herdflow serve`\n";
  }
  Table tables({{"table"}, {"rows", Table::Align::kRight}});
  for (const auto& table : status.tables) tables.Add({table.name, Thousands(table.rows)});
  std::string halted;
  halted += AwayText(topics);
  for (const auto& conflict : conflicts) halted += conflict.error.message() + "\n";
  std::string known;
  if (!status.unknown_farms.empty()) {
    known = "\n" + CountsText("unknown farm", status.unknown_farms) +
            "\nWhat waits for a farm is judged when there is one: `herdflow farm create FARM`\n";
  }
  if (status.rejudge_requests > 0) {
    known += fmt::format(
        "\n{} farms, cows, sensors or rules became known or changed: readings are judged "
        "again next, and gold follows then\n",
        Thousands(status.rejudge_requests));
  }
  return partitions.Text() + "\n" + halted + (halted.empty() ? "" : "\n") + tables.Text() + "\n" +
         CountsText("readings", status.silver_by_state) + "\n" +
         CountsText("quarantine", status.quarantine_by_code) + known +
         fmt::format("\n{} days wait for their aggregates\n", Thousands(status.dirty_days));
}

void WriteCounts(http::JsonWriter& json, std::string_view name,
                 const std::map<std::string, std::int64_t>& counts) {
  json.Key(name).BeginObject();
  for (const auto& [key, rows] : counts) json.Key(key).Integer(rows);
  json.EndObject();
}

/// Who schedules, what failed last, and what people should know.
std::string PipelinesText(const orchestration::Definitions& definitions,
                          const pipeline::LedgerOverview& overview) {
  std::string text =
      fmt::format("\nRuns are begun by {}\n",
                  definitions.scheduler == orchestration::SchedulerKind::kHerdflow
                      ? "herdflow's scheduler, in `serve` with the role pipelines"
                      : "another scheduler, through the API ([pipelines] scheduler = external)");
  if (const auto& failure = overview.last_failure) {
    text += fmt::format("Last failure: run {} of {}, {}: {}\n",
                        static_cast<std::int64_t>(failure->id), failure->task,
                        FormatInstant(failure->finished_at.value_or(failure->requested_at)),
                        failure->error);
  }
  for (const auto& note : overview.notifications) {
    text += fmt::format("{}  {} {}: {}{}\n", FormatInstant(note.at),
                        note.task.empty() ? note.pipeline : note.task, Name(note.event),
                        note.message, note.url.empty() ? "" : " (" + note.url + ")");
  }
  return text;
}

std::string StatusJson(const StoreStatus& status,
                       const std::vector<pipeline::TopicDescription>& topics,
                       const Conflicts& conflicts, const orchestration::Definitions& definitions,
                       const pipeline::LedgerOverview& overview, const Differences* audited) {
  http::JsonWriter json;
  json.BeginObject().Key("partitions").BeginArray();
  for (const auto& at : status.partitions) {
    const auto* in_log = FindIn(topics, at);
    json.BeginObject();
    json.Key("topic").String(at.topic).Key("stream_id").String(at.stream_id);
    json.Key("partition").Integer(at.partition).Key("end_offset");
    json.Integer(in_log == nullptr || in_log->away ? -1 : in_log->end);
    json.Key("first_offset").Integer(at.first_offset).Key("next_offset").Integer(at.next_offset);
    json.Key("judged_offset").Integer(at.judged_offset).Key("holes").Integer(at.holes);
    json.Key("hidden").Integer(at.hidden).Key("owner").String(at.owner);
    json.Key("bronze_rows").Integer(at.bronze_rows).Key("audit_gap").Integer(at.AuditGap());
    json.EndObject();
  }
  json.EndArray().Key("conflicts").BeginArray();
  for (const auto& conflict : conflicts) {
    const auto& partition = conflict.partition.partition;
    json.BeginObject().Key("topic").String(Name(partition.topic));
    json.Key("partition").Integer(partition.partition);
    json.Key("message").String(conflict.error.message()).EndObject();
  }
  json.EndArray().Key("tables").BeginObject();
  for (const auto& table : status.tables) json.Key(table.name).Integer(table.rows);
  json.EndObject();
  WriteCounts(json, "silver_by_state", status.silver_by_state);
  WriteCounts(json, "quarantine_by_code", status.quarantine_by_code);
  WriteCounts(json, "unknown_farms", status.unknown_farms);
  json.Key("rejudge_requests").Integer(status.rejudge_requests);
  json.Key("dirty_days").Integer(status.dirty_days);
  if (audited != nullptr) WriteDifferences(json, *audited);
  json.Key("scheduler").String(Name(definitions.scheduler)).Key("last_failure");
  if (overview.last_failure) {
    api::WriteRunObject(json, *overview.last_failure);
  } else {
    json.Null();
  }
  json.Key("notifications").BeginArray();
  for (const auto& note : overview.notifications) api::WriteNotification(json, note);
  json.EndArray().EndObject();
  return json.Take() + "\n";
}

std::string DayText(std::optional<FarmDay> day) { return day ? FormatDate(*day) : "none"; }

std::string FarmStatusText(const pipeline::FarmView& farm, const pipeline::FarmStatus& status) {
  std::optional<FarmDay> first;
  std::optional<FarmDay> last;
  if (status.data) {
    first = status.data->first;
    last = status.data->last;
  }
  Table facts({{"farm"}, {farm.id}});
  facts.Add({"name", farm.name});
  facts.Add({"state", farm.closed_at ? "closed" : "open"});
  facts.Add({"cows", Thousands(status.cows)});
  facts.Add({"sensors", Thousands(status.sensors)});
  facts.Add({"first day with data", DayText(first)});
  facts.Add({"last day with data", DayText(last)});
  return facts.Text() + "\n" + CountsText("readings", status.silver_by_state) + "\n" +
         CountsText("quarantine", status.quarantine_by_code);
}

std::string FarmStatusJson(const pipeline::FarmView& farm, const pipeline::FarmStatus& status) {
  http::JsonWriter json;
  json.BeginObject();
  json.Key("farm").String(farm.id);
  json.Key("closed").Boolean(farm.closed_at.has_value());
  json.Key("cows").Integer(status.cows);
  json.Key("sensors").Integer(status.sensors);
  WriteCounts(json, "silver_by_state", status.silver_by_state);
  WriteCounts(json, "quarantine_by_code", status.quarantine_by_code);
  for (const auto& [name, day] : {std::pair("data_from", &herd::DataRange::first),
                                  std::pair("data_to", &herd::DataRange::last)}) {
    json.Key(name);
    if (status.data) {
      json.String(FormatDate((*status.data).*day));
    } else {
      json.Null();
    }
  }
  json.EndObject();
  return json.Take() + "\n";
}

/// What the layers hold of one farm: log, partitions and runs are nobody's.
Result<> StatusOfFarm(const StatusOptions& options, const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto queries, OpenQueries(configuration));
  HERDFLOW_ASSIGN(const auto farm, FindFarm(*queries.herd, options.farm, "looking at a farm"));
  HERDFLOW_ASSIGN(const auto status, queries.operations->ReadFarmStatus(farm.id));
  return Print(options.json ? FarmStatusJson(farm, status) : FarmStatusText(farm, status));
}

/// What is kept, or what is counted.
Result<pipeline::StoreAudit> Look(pipeline::OperationsQueries& operations, bool audit) {
  if (audit) return operations.Audit();
  pipeline::StoreAudit kept;
  HERDFLOW_ASSIGN(kept.status, operations.ReadStatus());
  return kept;
}

Result<> Status(const StatusOptions& options, const Configuration& configuration) {
  HERDFLOW_ASSIGN(const auto topics, OpenExistingTopics(configuration));
  HERDFLOW_ASSIGN(const auto described, topics->List());
  pipeline::StoreAudit looked;  // Stays empty where nothing was loaded yet.
  Conflicts conflicts;          // What is halted until somebody decides.
  pipeline::LedgerOverview overview;
  const orchestration::Definitions definitions(configuration.pipelines);
  const auto queries = OpenQueries(configuration);
  if (queries) {
    HERDFLOW_ASSIGN(const auto ledger, OpenLedger(configuration));
    HERDFLOW_ASSIGN(overview, ledger->List());
    HERDFLOW_ASSIGN(looked, Look(*queries->operations, options.audit));
    HERDFLOW_ASSIGN(conflicts, pipeline::FindLogConflicts(*topics, *queries->operations));
  } else if (queries.error().code() != ErrorCode::kNotFound) {
    return Fail(queries.error());
  }
  auto& [status, differences] = looked;
  AddUnloaded(described, status);
  HERDFLOW_CHECK(Print(options.json ? StatusJson(status, described, conflicts, definitions,
                                                 overview, options.audit ? &differences : nullptr)
                                    : StatusText(status, described, conflicts) +
                                          DifferencesText(differences) +
                                          PipelinesText(definitions, overview)));
  return options.audit ? TellAudit(status, differences) : Result<>();
}

}  // namespace

void AddStatus(CLI::App& app, Chosen& chosen) {
  auto* command = app.add_subcommand(
      "status", "Show how far each step is, what each layer holds, and the audit");
  auto options = std::make_shared<StatusOptions>();
  AddFarmOption(*command, options->farm, "What the layers hold of this farm alone");
  command->add_flag("--json", options->json, "As JSON");
  command
      ->add_flag(
          "--audit", options->audit,
          "Count all rows, compare with what is kept of that, and hold the audit equation to "
          "them: seconds to minutes on a large store")
      ->excludes("--farm");
  AddExamples(*command,
              "  herdflow status\n  herdflow status --json\n  herdflow status --audit\n"
              "  herdflow status --farm hill-farm");
  command->callback([&chosen, options] {
    chosen.run = [options](const Configuration& c) {
      return options->farm.empty() ? Status(*options, c) : StatusOfFarm(*options, c);
    };
  });
}

}  // namespace herdflow::app
