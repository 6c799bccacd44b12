#include "event_log_contract.hpp"
#include "stack_fixture.hpp"

namespace herdflow::log_kafka::testing {
namespace {

using pipeline::testing::EventLogContract;
using pipeline::testing::EventLogFixture;
using pipeline::testing::EventLogUnderTest;

INSTANTIATE_TEST_SUITE_P(Kafka, EventLogContract,
                         ::testing::Values(EventLogUnderTest{
                             "kafka", [] { return std::make_unique<KafkaFixture>(); },
                             MissingStack}));

}  // namespace
}  // namespace herdflow::log_kafka::testing
