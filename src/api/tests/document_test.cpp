#include <map>

#include "api_fixture.hpp"
#include "herdflow/api/backend.hpp"
#include "herdflow/api/producer.hpp"
#include "herdflow/http/problem.hpp"
#include "pages.hpp"

namespace herdflow::api {
namespace {

class DocumentTest : public testing::Test {
 protected:
  std::vector<http::Route> Producer() { return ProducerRoutes({writer_, topics_, farms_}); }
  std::vector<http::Route> Backend() {
    return BackendRoutes({queries_,
                          queries_,
                          queries_,
                          [](const intake::NewCow&) { return pipeline::CowView(); },
                          [](const herd::FarmFields&) { return pipeline::FarmView(); },
                          [](std::string_view) { return FarmDay(); },
                          herd::HealthRule{},
                          ledger_,
                          orchestration::Definitions({}),
                          {}});
  }

  FakeWriter writer_;
  FakeTopics topics_;
  FakeFarms farms_;
  FakeQueries queries_;
  FakeLedger ledger_;
};

/// The routes that a document has to describe: all but the pages for people.
std::set<std::string> Described(const std::vector<http::Route>& routes) {
  std::set<std::string> pages;
  for (const auto& page : PageRoutes("")) pages.insert(page.path);
  std::set<std::string> described;
  for (const auto& route : routes) {
    if (!pages.contains(route.path)) described.insert(route.method + " " + route.path);
  }
  return described;
}

TEST_F(DocumentTest, RoutesAndDocumentsHaveTheSameOperations) {
  EXPECT_EQ(Described(Producer()), Contract(ProducerDocument()).Operations());
  EXPECT_EQ(Described(Backend()), Contract(BackendDocument()).Operations());
}

TEST_F(DocumentTest, ProblemTypesAreThoseOfTheCode) {
  std::set<std::string> expected;
  for (const auto kind : http::kAllProblemKinds) expected.emplace(http::Facts(kind).type);
  for (const auto document : {ProducerDocument(), BackendDocument()}) {
    const Contract contract(document);
    std::set<std::string> listed;
    for (const auto& type : contract.root()
                                .at_pointer("/components/schemas/Problem/properties/type/enum")
                                .as_array()) {
      listed.emplace(type.as_string());
    }
    EXPECT_EQ(listed, expected);
  }
}

TEST_F(DocumentTest, CodesOfFieldsAreThoseOfTheRules) {
  for (const auto document : {ProducerDocument(), BackendDocument()}) {
    const Contract contract(document);
    const auto& codes = contract.root()
                            .at_pointer("/components/schemas/FieldError/properties/code/enum")
                            .as_array();
    EXPECT_EQ(codes.size(), static_cast<std::size_t>(herd::RejectionCode::kOtherFarm) + 1);
    for (const auto& code : codes) {
      EXPECT_TRUE(herd::RejectionCodeNamed(code.as_string())) << code.as_string();
    }
  }
}

TEST_F(DocumentTest, PipelinesAndTasksAreThoseOfTheDefinitions) {
  const Contract contract(BackendDocument());
  const auto listed = [&](std::string_view schema) {
    std::set<std::string> names;
    for (const auto& name : contract.root().at_pointer(schema).as_array()) {
      if (name.is_string() && !name.as_string().empty()) names.emplace(name.as_string());
    }
    return names;
  };
  std::set<std::string> pipelines;
  std::set<std::string> all_tasks;
  std::size_t place = 0;
  for (const auto& pipeline : orchestration::Definitions({}).pipelines) {
    pipelines.insert(pipeline.id);
    std::set<std::string> tasks;
    for (const auto& task : pipeline.tasks) tasks.emplace(task.id());
    all_tasks.insert(tasks.begin(), tasks.end());
    EXPECT_EQ(listed(fmt::format(
                  "/components/schemas/NewNotification/anyOf/{}/properties/task/enum", place++)),
              tasks);
  }
  EXPECT_EQ(listed("/components/schemas/PipelineId/enum"), pipelines);
  EXPECT_EQ(listed("/components/schemas/TaskId/enum"), all_tasks);
}

TEST_F(DocumentTest, ExamplesFitTheirSchemas) {
  for (const auto document : {ProducerDocument(), BackendDocument()}) {
    const Contract contract(document);
    for (const auto& path : contract.root().at("paths").as_object()) {
      for (const auto& operation : path.value().as_object()) {
        const auto* body = operation.value().as_object().if_contains("requestBody");
        if (body == nullptr) continue;
        const auto& content = body->at("content").at("application/json");
        for (const auto& example : content.at("examples").as_object()) {
          EXPECT_EQ(SchemaMisfit(content.at("schema"), example.value().at("value")), "")
              << path.key() << " " << example.key();
        }
      }
    }
  }
}

/// What a document defines, by name, with references as the schemas write them.
std::map<std::string, boost::json::value> Definitions(std::string_view document) {
  constexpr std::string_view kPlace = "#/components/schemas/";
  std::string text(document);
  for (auto at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace)) {
    text.replace(at, kPlace.size(), "#/$defs/");
  }
  const boost::json::value root = boost::json::parse(text);
  const auto* components = root.as_object().if_contains("components");
  std::map<std::string, boost::json::value> definitions;
  for (const auto& [name, definition] :
       (components != nullptr ? components->at("schemas") : root.at("$defs")).as_object()) {
    definitions.emplace(name, definition);
  }
  return definitions;
}

TEST_F(DocumentTest, ADefinitionOfASchemaIsTheSameWhereverItStands) {
  std::map<std::string, boost::json::value> known;
  for (const auto& schema : MessageSchemas()) {
    for (const auto& [name, definition] : Definitions(schema.document)) {
      EXPECT_EQ(known.emplace(name, definition).first->second, definition)
          << schema.message << " " << name;
    }
  }
  std::set<std::string> shared;
  for (const auto document : {ProducerDocument(), BackendDocument()}) {
    for (const auto& [name, definition] : Definitions(document)) {
      if (!known.contains(name)) continue;
      EXPECT_EQ(known[name], definition) << name;
      shared.insert(name);
    }
  }
  EXPECT_EQ(shared, std::set<std::string>(
                        {"Birthdate", "DecimalText", "Id", "IsoTime", "Time", "UnixTime"}));
}

TEST_F(DocumentTest, TheSchemaLibraryNoticesMisfits) {
  const Contract contract(BackendDocument());
  http_testing::Answer answer;
  answer.status = 200;
  answer.headers["content-type"] = "application/json";
  answer.body = R"({"status":"ok"})";
  EXPECT_EQ(contract.Misfit("GET", "/healthz", answer), "");
  for (const auto* body :
       {R"({"status":"bad"})", R"({})", R"({"status":"ok","more":1})", "[]", "{"}) {
    answer.body = body;
    EXPECT_NE(contract.Misfit("GET", "/healthz", answer), "") << body;
  }
  answer.body =
      R"({"id":"c","name":"n","birthdate":"2020-1-1","created_at":"2020-01-01T00:00:00Z",)"
      R"("latest_sensor_data":null})";
  EXPECT_NE(contract.Misfit("GET", "/cows/c", answer), "");
}

TEST_F(DocumentTest, PagesComeOutOfTheExecutable) {
  const Port producer(Producer(), ProducerDocument());
  const Port backend(Backend(), BackendDocument());
  EXPECT_EQ(producer.Unchecked(http_testing::Get("/openapi.json")).body, ProducerDocument());
  EXPECT_EQ(backend.Unchecked(http_testing::Get("/openapi.json")).body, BackendDocument());
  for (const auto& schema : MessageSchemas()) {
    const std::string path = fmt::format("/schemas/{}.json", schema.message);
    EXPECT_EQ(producer.Unchecked(http_testing::Get(path)).body, schema.document);
    EXPECT_EQ(backend.Unchecked(http_testing::Get(path)).body, schema.document);
  }
  const auto root = backend.Unchecked(http_testing::Get("/"));
  EXPECT_EQ(root.status, 307);
  EXPECT_EQ(root.Header("location"), "/docs");
  const std::pair<const char*, const char*> pages[] = {
      {"/docs", "text/html; charset=utf-8"},
      {"/docs/", "text/html; charset=utf-8"},
      {"/docs/init.js", "text/javascript; charset=utf-8"},
      {"/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8"},
      {"/docs/swagger-ui.css", "text/css; charset=utf-8"},
      {"/schemas/measurement.json", "application/schema+json"}};
  for (const auto& [path, type] : pages) {
    const auto page = backend.Unchecked(http_testing::Get(path));
    EXPECT_EQ(page.status, 200) << path;
    EXPECT_EQ(page.Header("content-type"), type);
    EXPECT_GT(page.body.size(), 100U);
    const auto again = backend.Unchecked(
        std::string("GET ") + path +
        " HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: " + page.Header("etag") + "\r\n\r\n");
    EXPECT_EQ(again.status, 304) << path;
  }
}

TEST_F(DocumentTest, ThePageLoadsNothingFromElsewhere) {
  const Port backend(Backend(), BackendDocument());
  for (const auto* path : {"/docs", "/docs/init.js"}) {
    const auto page = backend.Unchecked(http_testing::Get(path));
    EXPECT_EQ(page.body.find("//"), std::string::npos) << path;
    EXPECT_NE(page.Header("content-security-policy").find("default-src 'self'"), std::string::npos);
  }
}

TEST_F(DocumentTest, WithATokenEveryOperationButTheProbesNeedsIt) {
  constexpr const char* kToken = "0123456789abcdef";
  const auto held = [&](std::vector<http::Route> routes, std::string_view document) {
    const Port port(std::move(routes), document, http::Access(kToken));
    for (const auto& operation : Contract(document).Operations()) {
      const auto space = operation.find(' ');
      const std::string path = operation.substr(space + 1);
      const bool is_probe = path == "/healthz" || path == "/readyz";
      const auto answer = operation.starts_with("GET") ? port.Get(path) : port.Post(path, "{}");
      EXPECT_EQ(answer.status, is_probe ? 200 : 401) << operation;
    }
    for (const auto* path :
         {"/openapi.json", "/schemas/cow.json", "/docs/init.js", "/docs/swagger-ui-bundle.js"}) {
      EXPECT_EQ(port.Unchecked(http_testing::Get(path)).status, 401) << path;
      EXPECT_EQ(port.Unchecked(std::string("GET ") + path +
                               " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + kToken +
                               "\r\n\r\n")
                    .status,
                200)
          << path;
    }
    for (const auto* path : {"/", "/docs", "/docs/"}) {
      const auto page = port.Unchecked(http_testing::Get(path));
      EXPECT_EQ(page.status, 401) << path;
      EXPECT_EQ(page.Header("content-type"), "text/html; charset=utf-8");
      EXPECT_NE(page.Header("www-authenticate"), "");
      EXPECT_NE(page.body.find("id=\"token\""), std::string::npos);
      EXPECT_EQ(page.body.find("http:"), std::string::npos);
      EXPECT_EQ(page.body.find("https:"), std::string::npos);
    }
  };
  held(Producer(), ProducerDocument());
  held(Backend(), BackendDocument());
}

}  // namespace
}  // namespace herdflow::api
