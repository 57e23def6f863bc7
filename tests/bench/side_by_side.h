// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What the in-process benches share: each side answers the same question on the same octets, in turns in one
// loop, and the medians are printed as ratios. A side that gives a wrong answer ends the bench.
#pragma once

#include "base/bytes.h"
#include "validator/x509/certificate.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include <fmt/core.h>
#include <gnutls/x509.h>
#include <openssl/x509.h>

namespace jpki::bench {

inline void require(bool good, const char* what) {
  if (good) return;
  fmt::print(stderr, "bench: {} failed\n", what);
  std::exit(EXIT_FAILURE);
}

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

inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

template <class Side>
void measure(const Side& side, std::vector<double>& out) {
  const auto begin = std::chrono::steady_clock::now();
  side.ask();
  out.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
}

template <class Ours, class GnuTls, class OpenSsl>
void compare(const char* title, const Ours& ours, const GnuTls& gnutls, const OpenSsl& openssl,
             unsigned count) {
  std::vector<double> times[3];
  for (unsigned round = 0; round < count; ++round) {
    measure(ours, times[0]);
    measure(gnutls, times[1]);
    measure(openssl, times[2]);
  }
  const double base = median(times[0]);
  fmt::print("{}, median of {}\n", title, count);
  fmt::print("  ours    {:8.1f} us\n", base);
  fmt::print("  GnuTLS  {:8.1f} us  ours / GnuTLS  {:.2f}\n", median(times[1]), base / median(times[1]));
  fmt::print("  OpenSSL {:8.1f} us  ours / OpenSSL {:.2f}\n", median(times[2]), base / median(times[2]));
}

}  // namespace jpki::bench
