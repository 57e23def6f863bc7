// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/fuzz/fuzz_file.h"
#include "tests/fuzz/targets.h"
#include "validator/crl/crl_entries.h"
#include "validator/crl/crl_index.h"
#include "validator/crl/crl_scope.h"
#include "validator/crl/decoded_crl.h"
#include "validator/ocsp/ocsp_check.h"

#include <cstdlib>

#include <unistd.h>

namespace jpki::fuzz {
namespace {

constexpr Time kNow{std::chrono::seconds(1795305600)};  // 2026-11-22

class Good final : public ocsp::ResponderStatus {
 public:
  Expected<Unit, ocsp::ResponderDoubt> check(const x509::Certificate&, const x509::Certificate&,
                                             Time) const override {
    return Unit{};
  }
};

// Every entry that the walk shows is found by look-up, unless an error forbids the CRL as a whole.
void look_up_entries(const crl::DecodedCrl& view, const x509::Name& issuer) {
  crl::EntryReader reader(view.crl());
  crl::CrlEntry entry;
  std::vector<Bytes> serials;
  for (std::size_t count = 0; reader.next(entry); ++count)
    if (serials.size() < 4) serials.push_back(entry.serial);
  const std::uint8_t one[] = {1};
  serials.emplace_back(one);
  for (const Bytes serial : serials) {
    const auto found = view.find(serial, issuer);
    if (found.has_value() == reader.error().has_value()) std::abort();
  }
}

}  // namespace

void crl(Bytes input) {
  const auto decoded = crl::DecodedCrl::decode(input);
  if (!decoded) return;
  const crl::CrlHeader& header = decoded->header();
  const auto issuer = x509::decode_name(header.issuer_der);
  if (!issuer) return;
  if (header.issuing_distribution_point) {
    const auto point = crl::decode_issuing_distribution_point(*header.issuing_distribution_point, *issuer);
    if (point && !crl::same_scope(*point, *point)) std::abort();
  }
  look_up_entries(*decoded, *issuer);
}

void ocsp(Bytes input) {
  // The certificate and its issuer of the seeds, when the input brings them: two octets of length,
  // certificate, the same for the issuer, response.
  const auto piece = [&input]() -> Bytes {
    if (input.size() < 2) return {};
    const std::size_t size = std::min<std::size_t>(input[0] * 256u + input[1], input.size() - 2);
    const Bytes taken = input.subspan(2, size);
    input = input.subspan(2 + size);
    return taken;
  };
  const auto subject = x509::Certificate::decode(piece());
  const auto issuer = x509::Certificate::decode(piece());
  if (const auto response = ocsp::decode_response(input); response && !response->basic.empty())
    (void)ocsp::decode_basic_response(response->basic);
  if (!subject || !issuer) return;
  const auto answer = ocsp::check_response(input, *subject, *issuer, {}, {}, Good(),
                                           {.max_age = std::chrono::hours(24 * 36500)}, kNow);
  if (!answer && answer.error().clause.empty()) std::abort();
}

void index(Bytes input) {
  const FuzzFile file("index", input);
  const auto index = crl::CrlIndex::open(file.path(), {.owner = ::getuid(), .secret = true});
  if (!index) return;
  for (std::uint32_t number = 0; number < std::min<std::uint64_t>(index->section_count(), 16); ++number) {
    const auto section = index->section(number);
    if (!section) continue;
    (void)crl::CrlIndex::intact(*section);
    const auto issuer = x509::decode_name(section->header().issuer_der);
    const std::uint8_t serial[] = {0x12, 0x34};
    if (issuer) (void)section->find(serial, *issuer);
    for (std::uint8_t low = 0; issuer && low < 8; ++low) (void)section->find(Bytes(&low, 1), *issuer);
  }
}

}  // namespace jpki::fuzz
