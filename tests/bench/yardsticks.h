// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the benches share that compare us with GnuTLS and OpenSSL in one process: each side answers the same
// question on the same octets. A side that gives a wrong answer ends the bench.
#pragma once

#include "base/bytes.h"
#include "tests/bench/side_by_side.h"
#include "validator/x509/certificate.h"

#include <fmt/core.h>
#include <gnutls/x509.h>
#include <openssl/x509.h>

namespace jpki::bench {

inline gnutls_datum_t datum(const Blob& bytes) {
  return {const_cast<unsigned char*>(bytes.data()), static_cast<unsigned>(bytes.size())};
}

inline x509::Certificate decoded(const Blob& der) {
  auto certificate = x509::Certificate::decode(der);
  require(certificate.has_value(), "Certificate::decode");
  return std::move(*certificate);
}

// Both live until the process ends.
inline gnutls_x509_crt_t gnutls_certificate(const Blob& der) {
  gnutls_x509_crt_t certificate = nullptr;
  const gnutls_datum_t input = datum(der);
  require(gnutls_x509_crt_init(&certificate) == 0 &&
              gnutls_x509_crt_import(certificate, &input, GNUTLS_X509_FMT_DER) == 0,
          "gnutls_x509_crt_import");
  return certificate;
}

inline X509* openssl_certificate(const Blob& der) {
  const unsigned char* input = der.data();
  X509* const certificate = d2i_X509(nullptr, &input, static_cast<long>(der.size()));
  require(certificate != nullptr, "d2i_X509");
  return certificate;
}

// The goal of every question: no slower than either library.
template <class Ours, class GnuTls, class OpenSsl>
void compare(const char* title, const Ours& ours, const GnuTls& gnutls, const OpenSsl& openssl,
             unsigned rounds, Goals& goals) {
  const auto side = [](const char* name, const auto& asked) {
    return Side{name, [&asked] {
                  const Stopwatch watch;
                  asked.ask();
                  return watch.elapsed();
                }};
  };
  const std::vector<Side> sides = {side("ours", ours), side("GnuTLS", gnutls), side("OpenSSL", openssl)};
  const auto costs = in_turns(sides, rounds);
  fmt::print("{}\n", title);
  print(sides, costs, "us", 1);
  for (std::size_t i = 1; i < sides.size(); ++i) {
    print_ratio("ours / " + sides[i].name, costs[0], costs[i]);
    goals.at_most("ours / " + sides[i].name + ", CPU time", ratio(costs[0], costs[i], &Cost::cpu), 1.0);
  }
}

}  // namespace jpki::bench
