#include <utility>
#include <vector>

#include "herdflow/api/producer.hpp"
#include "herdflow/intake/cached_farms.hpp"
#include "roles.hpp"

namespace herdflow::app {
namespace {

class Producer final : public Role {
 public:
  Producer(SharedParts& shared, std::shared_ptr<pipeline::TopicAdmin> topics,
           std::shared_ptr<pipeline::EventWriter> writer)
      : shared_(shared),
        topics_(std::move(topics)),
        writer_(std::move(writer)),
        // Of the store only other farms than `default` have to know.
        farms_([&shared]() -> Result<std::unique_ptr<pipeline::HerdQueries>> {
          HERDFLOW_ASSIGN(auto queries, OpenQueries(shared.configuration));
          return std::move(queries.herd);
        }) {}

  [[nodiscard]] Result<> Check() const override { return CheckPort(shared_, PortOf({})); }
  Result<> Start() override {
    HERDFLOW_ASSIGN(server_,
                    Listen(shared_, PortOf(api::ProducerRoutes({*writer_, *topics_, farms_}))));
    return {};
  }
  Result<> Ready() const override { return api::Ready(*writer_, *topics_); }
  void Stop() override { Close(server_); }

 private:
  [[nodiscard]] Port PortOf(std::vector<http::Route> routes) const {
    const Configuration& configuration = shared_.configuration;
    return {"producer", configuration.producer_address, configuration.producer_port,
            std::move(routes)};
  }

  SharedParts& shared_;
  const std::shared_ptr<pipeline::TopicAdmin> topics_;
  const std::shared_ptr<pipeline::EventWriter> writer_;
  intake::CachedFarms farms_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace

Result<std::unique_ptr<Role>> MakeProducer(SharedParts& shared) {
  HERDFLOW_ASSIGN(auto topics, shared.Topics());
  HERDFLOW_ASSIGN(auto writer, shared.Writer());
  return std::make_unique<Producer>(shared, std::move(topics), std::move(writer));
}

}  // namespace herdflow::app
