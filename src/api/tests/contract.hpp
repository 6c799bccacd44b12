#pragma once

#include <boost/json/value.hpp>
#include <set>
#include <string>
#include <string_view>

#include "herdflow/http_testing/client.hpp"

namespace herdflow::api {

/// An OpenAPI document that answers are held against.
class Contract {
 public:
  explicit Contract(std::string_view document);

  /// `GET /cows/{cow_id}`, … of every operation.
  [[nodiscard]] std::set<std::string> Operations() const;
  /// Why the answer does not fit the document; empty where it does. An answer to what the document
  /// does not have must be a Problem.
  [[nodiscard]] std::string Misfit(std::string_view method, std::string_view path,
                                   const http_testing::Answer& answer) const;
  /// Everything in it, references replaced by what they name.
  [[nodiscard]] const boost::json::value& root() const { return root_; }

 private:
  [[nodiscard]] const boost::json::value* ResponseOf(std::string_view method, std::string_view path,
                                                     int status) const;

  boost::json::value root_;
};

/// Why the value does not fit the JSON schema; empty where it does.
std::string SchemaMisfit(const boost::json::value& schema, const boost::json::value& value);

}  // namespace herdflow::api
