#include "errors.hpp"

#include <algorithm>
#include <array>

namespace herdflow::log_kafka {
namespace {

constexpr std::string_view kHandshake = "SSL handshake failed";
constexpr std::string_view kAlert = "SSL alert number";

bool Says(std::string_view reason, std::string_view words) {
  return reason.find(words) != std::string_view::npos;
}

/// A broker that hangs up or falls silent is ending, or expects something else at this port than
/// TLS or a login.
bool IsHangUp(rd_kafka_resp_err_t error, std::string_view reason) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__SSL:
      return Says(reason, "unexpected eof");
    case RD_KAFKA_RESP_ERR__TRANSPORT:
      return Says(reason, "security.protocol") || Says(reason, kHandshake);
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:  // Whatever ends a login.
      return Says(reason, "Local: Broker transport failure") || Says(reason, "Local: Timed out");
    default:
      return false;
  }
}

bool IsLogin(rd_kafka_resp_err_t error, std::string_view reason) {
  return (error == RD_KAFKA_RESP_ERR__AUTHENTICATION && !IsHangUp(error, reason)) ||
         error == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED;
}

/// Theirs was not taken by us, or ours not by them, which comes as an alert on a connection that
/// was made already.
bool IsCertificate(rd_kafka_resp_err_t error, std::string_view reason) {
  return (error == RD_KAFKA_RESP_ERR__SSL && !IsHangUp(error, reason)) ||
         (error == RD_KAFKA_RESP_ERR__TRANSPORT && Says(reason, kAlert));
}

std::string_view Advice(rd_kafka_resp_err_t error, std::string_view reason) {
  if (IsLogin(error, reason)) {
    return "; check [kafka] user, password_file and sasl_mechanism";
  }
  if (IsCertificate(error, reason)) {
    return "; with [kafka] tls each broker must show a valid certificate for the host it is "
           "reached by, from an authority of ca_file, and may ask for one of its own, which is "
           "that of certificate_file";
  }
  // Who waits for the other to speak first waits until the time is over.
  if (IsHangUp(error, reason) || error == RD_KAFKA_RESP_ERR__TRANSPORT ||
      error == RD_KAFKA_RESP_ERR__TIMED_OUT) {
    return "; try again later, and look whether the brokers run, and whether their port is for TLS "
           "or for a login: [kafka] tls and user say what herdflow expects";
  }
  switch (CodeOf(error)) {
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
      return "; try again later, and look whether the brokers run";
    case ErrorCode::kNotFound:
      return "; make it with: herdflow topics create";
    case ErrorCode::kInvalidInput:
      return IsForbidden(error) ? "; grant the right to the user on the brokers" : "";
    case ErrorCode::kConflict:
    case ErrorCode::kCorruptData:
    case ErrorCode::kShuttingDown:
    case ErrorCode::kInternal:
      return "";
  }
  return "";
}

/// The driver's words without its own advice, codes and times.
std::string Plain(std::string_view reason) {
  for (const std::string_view advice :
       {" (after ", ": SSL alert number", ": broker certificate could not be verified",
        ": verify that security.protocol", ": connecting to a PLAINTEXT",
        " while requesting ApiVersion", ": requesting ApiVersion"}) {
    reason = reason.substr(0, reason.find(advice));
  }
  std::string plain(reason);
  constexpr std::string_view kRoutines = " routines::";
  const auto begin = plain.find("error:");
  const auto end = plain.find(kRoutines);
  if (begin != std::string::npos && end != std::string::npos && begin < end) {
    plain.erase(begin, end + kRoutines.size() - begin);
  }
  return plain;
}

}  // namespace

bool IsForbidden(rd_kafka_resp_err_t error) {
  constexpr std::array kForbidden{
      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
      RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED,
      RD_KAFKA_RESP_ERR__AUTHENTICATION};
  return std::find(kForbidden.begin(), kForbidden.end(), error) != kForbidden.end();
}

ErrorCode CodeOf(rd_kafka_resp_err_t error) {
  if (IsForbidden(error)) return ErrorCode::kInvalidInput;
  switch (error) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return ErrorCode::kNotFound;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_REQUEST:
    case RD_KAFKA_RESP_ERR_INVALID_GROUP_ID:
    case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
    case RD_KAFKA_RESP_ERR_SECURITY_DISABLED:
    case RD_KAFKA_RESP_ERR_TOPIC_DELETION_DISABLED:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
      return ErrorCode::kInvalidInput;
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
      return ErrorCode::kConflict;
    default:  // Not our enumeration: the brokers may invent codes. Asking again is always safe.
      return ErrorCode::kUnavailable;
  }
}

bool IsRefusal(rd_kafka_resp_err_t error, std::string_view reason) {
  return IsLogin(error, reason) || IsCertificate(error, reason) || IsHangUp(error, reason);
}

bool TellsRefusal(std::string_view line) {
  return Says(line, kHandshake) || Says(line, kAlert) || Says(line, "SASL");
}

Error ToError(rd_kafka_resp_err_t error, std::string_view doing, std::string_view reason) {
  const ErrorCode code = IsHangUp(error, reason)        ? ErrorCode::kUnavailable
                         : IsCertificate(error, reason) ? ErrorCode::kInvalidInput
                                                        : CodeOf(error);
  return Error(
      code, fmt::format("{}: {}{}", doing, reason.empty() ? rd_kafka_err2str(error) : Plain(reason),
                        Advice(error, reason)));
}

}  // namespace herdflow::log_kafka
