#pragma once

#include <string>

namespace herdflow {

/// An encrypted connection to a server, whose certificate is always verified: its chain, its dates
/// and that it is for the name or address that was connected to. Files are PEM.
struct TlsOptions {
  std::string ca_file;           ///< The authorities that are trusted; empty: those of the system.
  std::string certificate_file;  ///< Shown to a server that asks for one; empty: none is.
  std::string key_file;          ///< The private key of the certificate.
  std::string key_password;      ///< Empty: the key is not encrypted.

  bool operator==(const TlsOptions&) const = default;
};

}  // namespace herdflow
