// SPDX-License-Identifier: LGPL-2.1-or-later
//
// crl_bench_openssl CRL CA CARD [warm]: loads and verifies a CRL and looks the card up with libcrypto. "warm"
// prints the microseconds of CPU time of one further look-up, a line for each round.
#include "tests/bench/side_by_side.h"

#include <cstdio>
#include <cstdlib>

#include <openssl/x509.h>

namespace {

[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "crl_bench_openssl: %s\n", what);
  std::exit(EXIT_FAILURE);
}

X509* certificate(const char* path) {
  FILE* const file = std::fopen(path, "rb");
  X509* const decoded = file != nullptr ? d2i_X509_fp(file, nullptr) : nullptr;
  if (decoded == nullptr) die("certificate");
  std::fclose(file);
  return decoded;
}

void look_up_again(X509_CRL* crl) {
  constexpr int kLookUps = 20'000;
  X509_REVOKED* entry = nullptr;
  ASN1_INTEGER* const serial = ASN1_INTEGER_new();
  for (unsigned round = 0; round < 20; ++round) {
    unsigned random = round;
    const double start = jpki::bench::own_cpu_microseconds();
    for (int n = 0; n < kLookUps; ++n) {
      random = random * 1664525u + 1013904223u;
      ASN1_INTEGER_set_uint64(serial, (random >> 2) | 0x40000000u);
      X509_CRL_get0_by_serial(crl, &entry, serial);
    }
    std::printf("%.4f\n", (jpki::bench::own_cpu_microseconds() - start) / kLookUps);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) die("run by crl_bench.py");
  X509* const ca = certificate(argv[2]);
  X509* const card = certificate(argv[3]);
  FILE* const file = std::fopen(argv[1], "rb");
  X509_CRL* const crl = file != nullptr ? d2i_X509_CRL_fp(file, nullptr) : nullptr;
  if (crl == nullptr || X509_CRL_verify(crl, X509_get0_pubkey(ca)) != 1) die("CRL");
  X509_REVOKED* entry = nullptr;
  if (X509_CRL_get0_by_serial(crl, &entry, X509_get0_serialNumber(card)) != 1) die("the card is not revoked");
  if (argc == 5) look_up_again(crl);
  std::fflush(stdout);
  std::_Exit(0);  // to free five million entries is no part of the load
}
