/// Bare librdkafka, the yardstick of what a producer with so many events in flight can reach: each
/// delivery report is followed by the next event, with the settings of src/log_kafka.
///
///   bare_producer BROKERS TOPIC IN_FLIGHT SECONDS
///
/// Prints a line of JSON: the events that were delivered, the seconds, the CPU seconds of this
/// process.

#include <librdkafka/rdkafka.h>
#include <sys/resource.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array<std::array<const char*, 2>, 6> kSettings{{{"enable.idempotence", "true"},
                                                               {"acks", "all"},
                                                               {"linger.ms", "0"},
                                                               {"partitioner", "murmur2"},
                                                               {"batch.size", "1000000"},
                                                               {"compression.type", "lz4"}}};
constexpr int kSensors = 97;
constexpr int kPollMilliseconds = 100;

[[noreturn]] void Die(const char* doing, const char* why) {
  std::fprintf(stderr, "bare_producer: %s: %s\n", doing, why);
  std::exit(1);
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  constexpr double kMicro = 1e-6;
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * kMicro;
}

struct Run {
  rd_kafka_t* producer = nullptr;
  rd_kafka_topic_t* topic = nullptr;
  Clock::time_point end;
  std::int64_t delivered = 0;
  int sensor = 0;
};

void Produce(Run& run) {
  run.sensor = (run.sensor + 1) % kSensors;
  const std::string sensor = "sensor-0" + std::to_string(run.sensor);
  std::string key = sensor + "_cow-017";
  std::string value = R"({"sensor_id":")" + sensor +
                      R"(","cow_id":"cow-017","timestamp":1712466000.123456,"value":12.34})";
  const std::array<char, 16> request_id{};
  rd_kafka_headers_t* headers = rd_kafka_headers_new(1);
  rd_kafka_header_add(headers, "request_id", -1, request_id.data(), request_id.size());
  std::array<rd_kafka_vu_t, 5> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_RKT;
  parts[0].u.rkt = run.topic;
  parts[1].vtype = RD_KAFKA_VTYPE_KEY;
  parts[1].u.mem = {key.data(), key.size()};
  parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[2].u.mem = {value.data(), value.size()};
  parts[3].vtype = RD_KAFKA_VTYPE_HEADERS;
  parts[3].u.headers = headers;
  parts[4].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[4].u.i = RD_KAFKA_MSG_F_COPY;
  const rd_kafka_error_t* failed = rd_kafka_produceva(run.producer, parts.data(), parts.size());
  if (failed != nullptr) Die("producing", rd_kafka_error_string(failed));
}

void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) Die("delivering", rd_kafka_err2str(message->err));
  Run& run = *static_cast<Run*>(opaque);
  ++run.delivered;
  if (Clock::now() < run.end) Produce(run);
}

void Set(rd_kafka_conf_t* settings, const char* name, const char* value) {
  std::array<char, 512> why{};
  if (rd_kafka_conf_set(settings, name, value, why.data(), why.size()) != RD_KAFKA_CONF_OK) {
    Die(name, why.data());
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) Die("usage", "BROKERS TOPIC IN_FLIGHT SECONDS");
  Run run;
  rd_kafka_conf_t* settings = rd_kafka_conf_new();
  Set(settings, "bootstrap.servers", arguments[1]);
  for (const auto& [name, value] : kSettings) Set(settings, name, value);
  rd_kafka_conf_set_dr_msg_cb(settings, OnDelivery);
  rd_kafka_conf_set_opaque(settings, &run);
  std::array<char, 512> why{};
  run.producer = rd_kafka_new(RD_KAFKA_PRODUCER, settings, why.data(), why.size());
  if (run.producer == nullptr) Die("starting", why.data());
  run.topic = rd_kafka_topic_new(run.producer, arguments[2], nullptr);
  const auto start = Clock::now();
  run.end = start + std::chrono::seconds(std::atoll(arguments[4]));
  for (int i = 0; i < std::atoi(arguments[3]); ++i) Produce(run);
  while (rd_kafka_outq_len(run.producer) > 0) rd_kafka_poll(run.producer, kPollMilliseconds);
  const std::chrono::duration<double> seconds = Clock::now() - start;
  std::printf("{\"rows\": %lld, \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n",
              static_cast<long long>(run.delivered), seconds.count(), CpuSeconds());
  rd_kafka_topic_destroy(run.topic);
  rd_kafka_destroy(run.producer);
}
