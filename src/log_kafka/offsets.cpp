#include "offsets.hpp"

#include <algorithm>
#include <optional>
#include <thread>

namespace herdflow::log_kafka {
namespace {

using pipeline::OffsetRange;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kBetweenQuestions{20};
/// A leader that does not answer is asked for so long, one that is being chosen waited for.
constexpr milliseconds kOneLeader{1'000};

struct Answer {
  rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
  std::int64_t offset = -1;
};

/// One of the driver's questions about partitions that have a leader.
std::vector<Answer> AskOffsets(rd_kafka_t* client, const std::string& kafka_name,
                               const std::vector<std::int32_t>& partitions, std::int64_t which,
                               milliseconds timeout) {
  const Partitions asked(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const std::int32_t partition : partitions) {
    rd_kafka_topic_partition_list_add(asked.get(), kafka_name.c_str(), partition)->offset = which;
  }
  const auto error =
      rd_kafka_offsets_for_times(client, asked.get(), static_cast<int>(timeout.count()));
  std::vector<Answer> answers;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const rd_kafka_topic_partition_t& told = asked->elems[i];
    const bool answered = told.err == RD_KAFKA_RESP_ERR_NO_ERROR && told.offset != which;
    answers.push_back({answered || told.err != RD_KAFKA_RESP_ERR_NO_ERROR ? told.err
                       : error != RD_KAFKA_RESP_ERR_NO_ERROR              ? error
                                                             : RD_KAFKA_RESP_ERR__TIMED_OUT,
                       told.offset});
  }
  return answers;
}

bool MayPass(rd_kafka_resp_err_t error) {
  // A leader does not know a partition at once that the brokers have just agreed on.
  return CodeOf(error) == ErrorCode::kUnavailable || CodeOf(error) == ErrorCode::kNotFound;
}

/// Asks about several partitions until each has told, or will not.
class Ranges {
 public:
  Ranges(rd_kafka_t* client, const std::string& kafka_name, std::vector<std::int32_t> partitions)
      : client_(client),
        kafka_name_(kafka_name),
        topic_(rd_kafka_topic_new(client, kafka_name.c_str(), nullptr)),
        partitions_(std::move(partitions)),
        ranges_(partitions_.size()),
        errors_(partitions_.size(), RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE) {}

  /// false: it makes no sense to ask again.
  bool AskOnce(Clock::time_point until) {
    const auto left = [until] {
      return std::max(std::chrono::ceil<milliseconds>(until - Clock::now()), kBetweenQuestions);
    };
    // The driver finds out by itself only after a while who leads now.
    const auto metadata = TopicMetadata::Ask(client_, topic_.get(), left());
    std::vector<std::size_t> open;
    std::vector<std::int32_t> asked;
    bool again = false;
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
      if (errors_[i] == RD_KAFKA_RESP_ERR_NO_ERROR || !MayPass(errors_[i])) continue;
      again = true;
      if (metadata && !metadata->has_leader(partitions_[i])) {
        errors_[i] = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
        continue;
      }
      open.push_back(i);
      asked.push_back(partitions_[i]);
    }
    if (open.empty()) return again;
    const auto begins = AskOffsets(client_, kafka_name_, asked, RD_KAFKA_OFFSET_BEGINNING, left());
    const auto ends = AskOffsets(client_, kafka_name_, asked, RD_KAFKA_OFFSET_END, left());
    for (std::size_t i = 0; i < open.size(); ++i) {
      errors_[open[i]] =
          begins[i].error != RD_KAFKA_RESP_ERR_NO_ERROR ? begins[i].error : ends[i].error;
      ranges_[open[i]] = {begins[i].offset, ends[i].offset};
    }
    return std::any_of(errors_.begin(), errors_.end(), [](rd_kafka_resp_err_t error) {
      return error != RD_KAFKA_RESP_ERR_NO_ERROR && MayPass(error);
    });
  }

  /// Only for leaders that are being chosen.
  [[nodiscard]] bool WaitsForLeaders() const {
    return std::all_of(errors_.begin(), errors_.end(), [](rd_kafka_resp_err_t error) {
      return error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    });
  }

  [[nodiscard]] std::vector<Result<OffsetRange>> Take() const {
    std::vector<Result<OffsetRange>> all;
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
      if (errors_[i] == RD_KAFKA_RESP_ERR_NO_ERROR) {
        all.emplace_back(ranges_[i]);
        continue;
      }
      const Error told = ToError(errors_[i], fmt::format("asking Kafka what {} partition {} holds",
                                                         kafka_name_, partitions_[i]));
      all.emplace_back(
          Fail(MayPass(errors_[i]) ? ErrorCode::kUnavailable : told.code(), "{}", told.message()));
    }
    return all;
  }

 private:
  rd_kafka_t* client_;
  const std::string& kafka_name_;
  TopicHandle topic_;
  std::vector<std::int32_t> partitions_;
  std::vector<OffsetRange> ranges_;
  std::vector<rd_kafka_resp_err_t> errors_;
};

}  // namespace

std::vector<Result<OffsetRange>> AskRanges(rd_kafka_t* client, const std::string& kafka_name,
                                           const std::vector<std::int32_t>& partitions,
                                           milliseconds timeout) {
  const auto began = Clock::now();
  Ranges ranges(client, kafka_name, partitions);
  // Cut once only: a question that is asked anew waits for its answer anew.
  for (auto until = began + std::min(timeout, kOneLeader);; until = began + timeout) {
    const bool again = ranges.AskOnce(until);
    const auto longest = ranges.WaitsForLeaders() ? std::min(timeout, kOneLeader) : timeout;
    if (!again || Clock::now() + kBetweenQuestions >= began + longest) return ranges.Take();
    std::this_thread::sleep_for(kBetweenQuestions);
  }
}

Result<OffsetRange> AskRange(rd_kafka_t* client, const std::string& kafka_name,
                             std::int32_t partition, milliseconds timeout) {
  return AskRanges(client, kafka_name, {partition}, timeout).front();
}

Result<std::int64_t> AskOffsetAfter(rd_kafka_t* client, const std::string& kafka_name,
                                    std::int32_t partition, Instant before, milliseconds timeout) {
  // A time that no offset is as large as: else an answer could not be told from the question.
  constexpr std::int64_t kYear2000 = 946'684'800'000;
  const auto millis = std::max<std::int64_t>(
      std::chrono::floor<milliseconds>(before.time_since_epoch()).count() + 1, kYear2000);
  const Answer answer = AskOffsets(client, kafka_name, {partition}, millis, timeout).front();
  if (answer.error == RD_KAFKA_RESP_ERR_NO_ERROR) return std::max<std::int64_t>(answer.offset, -1);
  return Fail(ErrorCode::kUnavailable, "{}",
              ToError(answer.error, fmt::format("asking Kafka what {} partition {} left out",
                                                kafka_name, partition))
                  .message());
}

}  // namespace herdflow::log_kafka
