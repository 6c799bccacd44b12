#include "contract.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <sstream>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#include <vector>

namespace herdflow::api {
namespace {

namespace json = boost::json;

/// `std::regex`, which the library uses, compares bytes: it knows no characters beyond ASCII.
bool IsPatternOfCharacters(const json::key_value_pair& member) {
  const auto* pattern = member.value().if_string();
  return member.key() == "pattern" && pattern != nullptr &&
         pattern->find("\\u") != json::string::npos;
}

/// The value with every `{"$ref": "#/…"}` in it replaced by what it names, for the library.
json::value Resolve(const json::value& value, const json::value& root) {
  if (const auto* array = value.if_array()) {
    json::array out;
    for (const auto& item : *array) out.push_back(Resolve(item, root));
    return out;
  }
  const auto* object = value.if_object();
  if (object == nullptr) return value;
  if (const auto* reference = object->if_contains("$ref")) {
    return Resolve(root.at_pointer(std::string_view(reference->as_string()).substr(1)), root);
  }
  json::object out;
  for (const auto& member : *object) {
    if (!IsPatternOfCharacters(member)) out[member.key()] = Resolve(member.value(), root);
  }
  return out;
}

std::vector<std::string> Segments(std::string_view path) {
  std::vector<std::string> segments;
  std::istringstream text{std::string(path.substr(0, path.find('?')))};
  for (std::string segment; std::getline(text, segment, '/');) {
    if (!segment.empty()) segments.push_back(segment);
  }
  return segments;
}

bool Matches(std::string_view pattern, std::string_view path) {
  const auto expected = Segments(pattern);
  const auto given = Segments(path);
  if (expected.size() != given.size()) return false;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (!expected[i].starts_with('{') && expected[i] != given[i]) return false;
  }
  return true;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

}  // namespace

std::string SchemaMisfit(const json::value& schema, const json::value& value) {
  valijson::Schema compiled;
  valijson::SchemaParser parser;
  parser.populateSchema(valijson::adapters::BoostJsonAdapter(schema), compiled);
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  valijson::ValidationResults results;
  if (validator.validate(compiled, valijson::adapters::BoostJsonAdapter(value), &results))
    return {};
  std::string why;
  for (const auto& result : results) {
    for (const auto& step : result.context) why += step;
    why += ": " + result.description + "; ";
  }
  return why;
}

Contract::Contract(std::string_view document) {
  const json::value read = json::parse(document);
  root_ = Resolve(read, read);
}

std::set<std::string> Contract::Operations() const {
  std::set<std::string> operations;
  for (const auto& path : root_.at("paths").as_object()) {
    for (const auto& operation : path.value().as_object()) {
      std::string method(operation.key());
      for (char& c : method) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      operations.insert(method + " " + std::string(path.key()));
    }
  }
  return operations;
}

const json::value* Contract::ResponseOf(std::string_view method, std::string_view path,
                                        int status) const {
  for (const auto& candidate : root_.at("paths").as_object()) {
    if (!Matches(candidate.key(), path)) continue;
    const auto* operation = candidate.value().as_object().if_contains(Lower(method));
    if (operation == nullptr) continue;
    const auto& responses = operation->at("responses").as_object();
    const auto* exact = responses.if_contains(std::to_string(status));
    if (exact != nullptr) return exact;
    return status >= 400 ? responses.if_contains("default") : nullptr;
  }
  return &root_.at("components").at("responses").at("Problem");
}

std::string Contract::Misfit(std::string_view method, std::string_view path,
                             const http_testing::Answer& answer) const {
  const json::value* response = ResponseOf(method, path, answer.status);
  if (response == nullptr) return "the document has no status " + std::to_string(answer.status);
  if (const auto* headers = response->as_object().if_contains("headers")) {
    for (const auto& header : headers->as_object()) {
      const auto* required = header.value().as_object().if_contains("required");
      if (required == nullptr || !required->as_bool()) continue;
      if (answer.Header(Lower(header.key())).empty()) {
        return "no header " + std::string(header.key());
      }
    }
  }
  const auto* contents = response->as_object().if_contains("content");
  if (contents == nullptr) return answer.body.empty() ? "" : "the document has no body there";
  const std::string type = answer.Header("content-type");
  const auto* content = contents->as_object().if_contains(type);
  if (content == nullptr) return "the document has no content type " + type;
  boost::system::error_code error;
  const json::value body = json::parse(answer.body, error);
  if (error) return "no JSON: " + answer.body;
  if (answer.status >= 400 && body.at("status").as_int64() != answer.status) {
    return "the problem's status is not the answer's";
  }
  return SchemaMisfit(content->at("schema"), body);
}

}  // namespace herdflow::api
