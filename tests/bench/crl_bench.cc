// SPDX-License-Identifier: LGPL-2.1-or-later
//
// crl_bench: our side of ./dev bench crl. Each step is a process of its own, so that crl_bench.py can measure
// time and memory of all peers from outside:
//   make DIRECTORY COUNT    ca.der, card-COUNT.der and COUNT.crl with reason codes, RSA-2048 with SHA-256
//   compile CRL CA INDEX    verify and compile
//   empty                   nothing: what a process costs
//   path CA CARD            verify the card's certificate, as a login does before it asks for revocation
//   lookup INDEX CA CARD    the same, then open the index and look the card up, once
//   find INDEX CA CARD      open the index and look the card up, once; believe the signatures
//   warm INDEX COUNT        CPU microseconds: a look-up in an index that is open; a line for each round
//   gnutls CRL              import by GnuTLS
#include "base/unique_fd.h"
#include "testkit/pki/certificate_builder.h"
#include "testkit/pki/extensions.h"
#include "testkit/pki/signed_object.h"
#include "tests/bench/side_by_side.h"
#include "validator/crl/checksum.h"
#include "validator/crl/crl_index.h"
#include "validator/crl/crl_index_writer.h"
#include "validator/crl/mapped_file.h"
#include "validator/x509/signature.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <gnutls/x509.h>

namespace {

using namespace jpki;
namespace pki = jpki::testpki;
namespace der = jpki::testpki::der;

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "crl_bench: %s\n", what.c_str());
  std::exit(EXIT_FAILURE);
}

template <class T, class E>
T need(Expected<T, E> value, const char* what) {
  if (!value) die(what);
  return std::move(*value);
}

FileTrust own_files() {
  return {.max_size = std::size_t{4} << 30, .owner = ::geteuid()};
}

// Distinct four-octet serials, in no order.
std::array<std::uint8_t, 4> serial_of(std::uint32_t n) {
  const std::uint32_t mixed = (n * 2654435761u & 0x3fffffffu) | 0x40000000u;
  return {static_cast<std::uint8_t>(mixed >> 24), static_cast<std::uint8_t>(mixed >> 16),
          static_cast<std::uint8_t>(mixed >> 8), static_cast<std::uint8_t>(mixed)};
}

void save(const std::string& path, const Blob& content) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
  if (!file.flush()) die(path + " cannot be written");
}

Blob entries(std::uint32_t count, Time when) {
  const Blob date = der::time(when);
  const Blob reason = pki::encode_extensions({pki::reason_code(4)});
  Blob out;
  for (std::uint32_t n = 0; n < count; ++n) {
    const auto serial = serial_of(n);
    der::append_header(out, der::kSequence, 2 + serial.size() + date.size() + reason.size());
    der::append_header(out, der::kInteger, serial.size());
    der::append(out, serial);
    der::append(out, date);
    der::append(out, reason);
  }
  return out;
}

void make(const std::string& directory, std::uint32_t count) {
  const auto ca = pki::PrivateKey::rsa("crl-bench/ca"), card = pki::PrivateKey::rsa("crl-bench/card");
  const Time now = SystemClock().now();
  pki::CertificateBuilder issuer;
  issuer.serial = {1};
  issuer.issuer = issuer.subject =
      pki::distinguished_name({pki::country("JP"), pki::organization("JPKI-TEST")});
  issuer.not_before = now - std::chrono::hours(24 * 365);
  issuer.not_after = now + std::chrono::hours(24 * 3650);
  issuer.subject_public_key_info = ca.subject_public_key_info();
  pki::CertificateBuilder subject = issuer;
  issuer.add(pki::basic_constraints(true))
      .add(pki::key_usage({pki::KeyUsage::kKeyCertSign, pki::KeyUsage::kCrlSign}))
      .add(pki::subject_key_identifier(ca.key_identifier()));
  subject.serial = to_blob(serial_of(count / 2));
  subject.subject = pki::distinguished_name({pki::country("JP"), pki::common_name("bench")});
  subject.subject_public_key_info = card.subject_public_key_info();
  save(directory + "/ca.der", issuer.sign(ca));
  save(directory + "/card-" + std::to_string(count) + ".der", subject.sign(ca));
  const Blob extensions =
      pki::encode_extensions({pki::authority_key_identifier(ca.key_identifier()), pki::crl_number(1)});
  const Blob tbs = der::sequence({der::integer(1), pki::inner_algorithm(ca, {}), issuer.subject,
                                  der::time(now), der::time(now + std::chrono::hours(24 * 365)),
                                  der::tlv(der::kSequence, entries(count, now)),
                                  der::tlv(der::context_constructed(0), extensions)});
  save(directory + '/' + std::to_string(count) + ".crl", pki::signed_object(tbs, ca));
}

x509::Certificate certificate(const std::string& path) {
  return need(x509::Certificate::decode(need(read_trusted_file(path, own_files()), "certificate file")),
              "certificate");
}

void compile(const std::string& crl_file, const std::string& ca_file, const std::string& index_file) {
  const auto ca = certificate(ca_file);
  const auto file = need(crl::MappedFile::open(crl_file, own_files()), "CRL file");
  const auto crl = need(crl::decode_crl(file.bytes()), "CRL");
  x509::SignedData signed_data(crl.envelope.tbs, crl.envelope.signature, crl.envelope.algorithm.oid,
                               crl.envelope.algorithm.parameters, {});
  need(signed_data.verify(ca.subject_public_key_info()), "the CRL's signature");
  auto writer = need(crl::CrlIndexWriter::create(index_file), "index file");
  const crl::CrlSource source{"bench.crl", file.bytes().size(), 0, crl::checksum(file.bytes())};
  need(writer.add(crl, x509::sha256(ca.subject_public_key_info()), source), "entries");
  need(writer.commit(), "commit");
}

void verify(const x509::Certificate& ca, const x509::Certificate& card) {
  need(x509::verify_signature(card.tbs(), card.signature(), card.signature_algorithm(),
                              card.signature_parameters(), ca.subject_public_key_info(), {}),
       "the card's signature");
}

enum class Signatures { kBelieved, kVerified };

void look_up(const std::string& index_file, const std::string& ca_file, const std::string& card_file,
             Signatures signatures) {
  const auto ca = certificate(ca_file), card = certificate(card_file);
  if (signatures == Signatures::kVerified) verify(ca, card);
  const auto index = need(crl::CrlIndex::open(index_file, own_files()), "index");
  const auto found = need(index.candidates(card, ca), "candidates");
  if (found.size() != 1) die("no CRL");
  if (signatures == Signatures::kVerified && !found.front().verify(ca.subject_public_key_info(), {}))
    die("the CRL's signature");
  if (!need(found.front().find(card.serial(), card.issuer()), "look-up")) die("the card is not revoked");
}

void warm(const std::string& index_file, std::uint32_t count) {
  constexpr std::uint32_t kLookUps = 100'000;
  constexpr std::uint32_t kRounds = 20;
  const auto index =
      need(crl::CrlIndex::open(index_file, own_files(), crl::IndexFile::Access::kMap), "index");
  const auto crl = need(index.section(0), "section");
  const auto issuer = need(x509::decode_name(crl.header().issuer_der), "issuer");
  std::uint32_t found = 0;
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    std::uint32_t random = round;
    const double start = bench::own_cpu_microseconds();
    for (std::uint32_t n = 0; n < kLookUps; ++n) {
      random = random * 1664525u + 1013904223u;
      // Every second one is listed.
      const auto serial = serial_of((random >> 4) % count + (n % 2 == 0 ? 0 : count));
      found += crl.find(serial, issuer)->has_value() ? 1 : 0;
    }
    std::printf("%.4f\n", (bench::own_cpu_microseconds() - start) / kLookUps);
  }
  if (found != kRounds * kLookUps / 2) die("wrong answers");
}

void import_by_gnutls(const std::string& path) {
  const auto file = need(crl::MappedFile::open(path, own_files()), "CRL file");
  gnutls_x509_crl_t crl = nullptr;
  const gnutls_datum_t datum{const_cast<unsigned char*>(file.bytes().data()),
                             static_cast<unsigned>(file.bytes().size())};
  if (gnutls_x509_crl_init(&crl) != 0 || gnutls_x509_crl_import(crl, &datum, GNUTLS_X509_FMT_DER) != 0)
    die("GnuTLS");
  gnutls_x509_crl_deinit(crl);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view step = argc > 1 ? argv[1] : "";
  if (step == "empty") return 0;
  if (step == "path" && argc == 4)
    verify(certificate(argv[2]), certificate(argv[3]));
  else if (step == "lookup" && argc == 5)
    look_up(argv[2], argv[3], argv[4], Signatures::kVerified);
  else if (step == "find" && argc == 5)
    look_up(argv[2], argv[3], argv[4], Signatures::kBelieved);
  else if (step == "make" && argc == 4)
    make(argv[2], static_cast<std::uint32_t>(std::atoi(argv[3])));
  else if (step == "compile" && argc == 5)
    compile(argv[2], argv[3], argv[4]);
  else if (step == "warm" && argc == 4)
    warm(argv[2], static_cast<std::uint32_t>(std::atoi(argv[3])));
  else if (step == "gnutls" && argc == 3)
    import_by_gnutls(argv[2]);
  else
    die("run by crl_bench.py");
  return 0;
}
