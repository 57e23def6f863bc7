// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/validator/crl_matrix.h"

namespace jpki::test {
namespace {

using enum Answer;

Question with_bytes(const Blob& bytes) {
  Question question;
  question.crls = {bytes};
  return question;
}
Blob good() {
  return full_crl().sign(key("root"));
}

// The question about a person whose serial number is `serial`, with a list of `listed`.
Question serials(const Blob& serial, const Blob& listed) {
  auto certificate = person();
  certificate.serial = serial;
  auto crl = full_crl();
  crl.entries.clear();
  Question question = about_person({crl.revoke(listed, kNow - kDay)});
  question.certificate = certificate.sign(key("root"));
  return question;
}
Question with_entry_extensions(const std::vector<pki::Extension>& extensions) {
  auto crl = full_crl();
  crl.entries[0].extensions = extensions;
  return about_person({crl});
}
Question with_raw_entries(const Blob& entries) {
  auto crl = full_crl();
  crl.raw_entries = entries;
  return about_person({crl});
}
pki::Extension unknown(bool critical) {
  return {"2.999.1", critical, der::null()};
}
pki::CrlBuilder version_one() {
  auto crl = full_crl();
  crl.version.reset();
  crl.extensions.clear();
  crl.entries.pop_back();  // the one with a reason code
  return crl;
}

std::vector<CrlCase> time_cases() {
  return {
      {"past nextUpdate", [] { return about_person({expired(full_crl())}); }, kStale, kStaleClause},
      {"at nextUpdate",
       [] {
         auto crl = full_crl();
         crl.next_update = kNow;
         return about_person({crl});
       },
       kGood, kGoodClause},
      {"older than max_age", [] { return about_person({aged(full_crl(), std::chrono::hours(49))}); }, kStale,
       kStaleClause},
      {"as old as max_age", [] { return about_person({aged(full_crl(), std::chrono::hours(48))}); }, kGood,
       kGoodClause},
      {"from the future", [] { return about_person({aged(full_crl(), std::chrono::hours(-1))}); }, kBroken,
       "5.1.2.4"},
      {"from the near future",
       [] {
         auto crl = full_crl();
         crl.this_update = kNow + std::chrono::minutes(4);
         return about_person({crl});
       },
       kGood, kGoodClause},
      {"from as far in the future as clocks may differ",
       [] {
         auto crl = full_crl();
         crl.this_update = kNow + std::chrono::minutes(5);
         return about_person({crl});
       },
       kGood, kGoodClause},
      {"from a second further in the future",
       [] {
         auto crl = full_crl();
         crl.this_update = kNow + std::chrono::minutes(5) + std::chrono::seconds(1);
         return about_person({crl});
       },
       kBroken, "5.1.2.4"},
      {"from the future, revokes",
       [] { return about_person({revoking(aged(full_crl(), std::chrono::hours(-1)))}); }, kRevoked, kListed},
      {"from the future revokes, another one is clean",
       [] {
         return about_person({full_crl(), revoking(aged(chiyoda(), std::chrono::hours(-1)))});
       },
       kRevoked, kListed},
      {"from the future, holds",
       [] { return about_person({revoking(aged(full_crl(), std::chrono::hours(-1)), kCertificateHold)}); },
       kBroken, "5.1.2.4"},
      {"no nextUpdate",
       [] {
         auto crl = full_crl();
         crl.next_update.reset();
         return about_person({crl});
       },
       kBroken, "5.1.2.5"},
      {"past nextUpdate, revokes", [] { return about_person({revoking(expired(full_crl()))}); }, kRevoked,
       kListed},
      {"past nextUpdate, holds",
       [] { return about_person({revoking(expired(full_crl()), kCertificateHold)}); }, kStale, kStaleClause},
      {"past nextUpdate revokes, a fresh one is clean",
       [] {
         return about_person({revoking(expired(full_crl())), full_crl()});
       },
       kRevoked, kListed},
  };
}

std::vector<CrlCase> header_cases() {
  return {
      {"truncated",
       [] {
         Blob bytes = good();
         bytes.pop_back();
         return with_bytes(bytes);
       },
       kUndecodable, "CertificateList"},
      {"trailing byte",
       [] {
         Blob bytes = good();
         bytes.push_back(0);
         return with_bytes(bytes);
       },
       kUndecodable, "CertificateList"},
      {"indefinite length",
       [] {
         Blob bytes = good();
         bytes[1] = 0x80;
         return with_bytes(bytes);
       },
       kUndecodable, "CertificateList"},
      {"length in more octets than it needs",
       [] {
         Blob bytes = good();
         ck_assert(bytes[1] == 0x82);
         bytes[1] = 0x83;
         bytes.insert(bytes.begin() + 2, std::uint8_t{0});
         return with_bytes(bytes);
       },
       kUndecodable, "CertificateList"},
      {"length beyond the end",
       [] {
         Blob bytes = good();
         bytes[2] = 0x7f;
         return with_bytes(bytes);
       },
       kUndecodable, "CertificateList"},
      {"nothing", [] { return with_bytes({}); }, kUndecodable, "CertificateList"},
      {"inner algorithm differs",
       [] {
         auto crl = full_crl();
         crl.signature.inner_algorithm = key("root").signature_algorithm(pki::Digest::kSha384);
         return about_person({crl});
       },
       kUndecodable, "5.1.1.2"},
      {"version 1", [] { return about_person({version_one()}); }, kGood, kGoodClause},
      {"version 1 with extensions", [] { return about_person({version_one().add(pki::crl_number(7))}); },
       kUndecodable, "extensions"},
      {"version 1 with an entry extension",
       [] { return about_person({version_one().revoke(Blob{0x12}, kNow, std::uint8_t{1})}); }, kBroken,
       "5.1.2.1"},
      {"version 1 written out",
       [] {
         auto crl = version_one();
         crl.version = 0;
         return about_person({crl});
       },
       kUndecodable, "version"},
      {"version 3",
       [] {
         auto crl = full_crl();
         crl.version = 2;
         return about_person({crl});
       },
       kUndecodable, "version"},
      {"one extension twice", [] { return about_person({full_crl().add(pki::crl_number(8))}); }, kUndecodable,
       "one OID twice"},
      {"unknown critical extension", [] { return about_person({full_crl().add(unknown(true))}); }, kBroken,
       "5.2"},
      {"unknown critical extension in a list that revokes",
       [] { return about_person({revoking(full_crl()).add(unknown(true))}); }, kBroken, "5.2"},
      {"unknown extension", [] { return about_person({full_crl().add(unknown(false))}); }, kGood,
       kGoodClause},
      {"known critical extensions",
       [] {
         return about_person({full_crl()
                                  .add({"2.5.29.46", true, der::sequence({})})
                                  .add({"2.5.29.18", true, der::sequence({})})});
       },
       kGood, kGoodClause},
      {"malformed issuingDistributionPoint",
       [] {
         return about_person({full_crl().add({pki::oid::kIssuingDistributionPoint, true, der::null()})});
       },
       kBroken, "issuingDistributionPoint"},
      {"issuingDistributionPoint with a field too many",
       [] {
         return about_person({full_crl().add({pki::oid::kIssuingDistributionPoint, true,
                                              der::sequence({der::tlv(der::context(6), Blob{0xff})})})});
       },
       kBroken, "issuingDistributionPoint: malformed"},
      {"issuingDistributionPoint with two names where one is chosen",
       [] {
         Blob names = partition("Chiyoda CRLDP");
         der::append(names, partition("Chiyoda CRLDP"));
         return about_person({scoped_crl({.distribution_point = names})});
       },
       kBroken, "DistributionPointName: malformed"},
      {"issuingDistributionPoint with no name where one is chosen",
       [] { return about_person({scoped_crl({.distribution_point = Blob()})}); }, kBroken,
       "DistributionPointName: malformed"},
      {"malformed authorityKeyIdentifier",
       [] {
         return about_person({full_crl().add({pki::oid::kAuthorityKeyIdentifier, false, der::null()})});
       },
       kUndecodable, "authorityKeyIdentifier"},
  };
}

std::vector<CrlCase> serial_cases() {
  return {
      {"serial zero", [] { return serials({0x00}, {0x00}); }, kRevoked, kListed},
      {"negative serial", [] { return serials({0x80}, {0x80}); }, kRevoked, kListed},
      {"negative serial is not the positive one",
       [] {
         return serials({0x80}, {0x00, 0x80});
       },
       kGood, kGoodClause},
      {"serial of 20 octets", [] { return serials(Blob(20, 0x7f), Blob(20, 0x7f)); }, kRevoked, kListed},
      {"entry of 40 octets", [] { return serials({0x12}, Blob(40, 0x7f)); }, kGood, kGoodClause},
      {"long serials that differ in the last octet",
       [] {
         Blob other(20, 0x7f);
         other.back() = 0x7e;
         return serials(Blob(20, 0x7f), other);
       },
       kGood, kGoodClause},
      {"prefix of the serial",
       [] {
         return serials({0x12, 0x34}, {0x12});
       },
       kGood, kGoodClause},
      {"serial is a prefix",
       [] {
         return serials({0x12}, {0x12, 0x34});
       },
       kGood, kGoodClause},
      {"serial with a superfluous zero",
       [] {
         return serials({0x12}, {0x00, 0x12});
       },
       kBroken, "revokedCertificates"},
      {"serial without octets", [] { return serials({0x12}, {}); }, kBroken, "revokedCertificates"},
  };
}

std::vector<CrlCase> entry_form_cases() {
  static const Blob kTime = der::time(kNow);
  return {
      {"no revokedCertificates",
       [] {
         auto crl = full_crl();
         crl.entries.clear();
         return about_person({crl});
       },
       kGood, kGoodClause},
      {"revokedCertificates without an entry", [] { return with_raw_entries({}); }, kGood, kGoodClause},
      {"entry without a date", [] { return with_raw_entries(der::sequence({der::integer(1)})); }, kBroken,
       "malformed entry"},
      {"entry with an impossible date",
       [] {
         return with_raw_entries(der::sequence({der::integer(1), der::text(der::kUtcTime, "240230000000Z")}));
       },
       kBroken, "malformed entry"},
      {"entry with a field too many",
       [] {
         return with_raw_entries(der::sequence({der::integer(1), kTime, der::null()}));
       },
       kBroken, "malformed entry"},
      {"entry that is no SEQUENCE", [] { return with_raw_entries(der::null()); }, kBroken,
       "revokedCertificates"},
      {"entry cut short after the one that is looked for",
       [] {
         Blob entries = der::sequence({der::raw_integer(kPersonSerial), kTime});
         entries.push_back(0x30);
         return with_raw_entries(entries);
       },
       kBroken, "revokedCertificates"},
      {"empty entry extensions",
       [] {
         return with_raw_entries(der::sequence({der::integer(1), kTime, der::sequence({})}));
       },
       kBroken, "crlEntryExtensions"},
      {"unknown critical entry extension elsewhere", [] { return with_entry_extensions({unknown(true)}); },
       kBroken, "5.3"},
      {"unknown entry extension", [] { return with_entry_extensions({unknown(false)}); }, kGood, kGoodClause},
      {"unknown entry extension twice",
       [] {
         return with_entry_extensions({unknown(false), unknown(false)});
       },
       kBroken, "one OID twice"},
      {"reason code twice",
       [] {
         return with_entry_extensions({pki::reason_code(1), pki::reason_code(6)});
       },
       kBroken, "one OID twice"},
      {"seventeen entry extensions",
       [] {
         std::vector<pki::Extension> many;
         for (int i = 1; i <= 17; ++i) many.push_back({"2.999." + std::to_string(i), false, der::null()});
         return with_entry_extensions(many);
       },
       kBroken, "too many"},
      {"critical invalidityDate and holdInstruction",
       [] {
         return with_entry_extensions({{"2.5.29.24", true, der::generalized_time(kNow)},
                                       {"2.5.29.23", true, der::oid("1.2.840.10040.2.1")}});
       },
       kGood, kGoodClause},
      {"reason 7", [] { return about_person({revoking(full_crl(), std::uint8_t{7})}); }, kBroken, "5.3.1"},
      {"reason 11", [] { return about_person({revoking(full_crl(), std::uint8_t{11})}); }, kBroken, "5.3.1"},
      {"reason as INTEGER",
       [] {
         return with_entry_extensions({{pki::oid::kReasonCode, false, der::integer(1)}});
       },
       kBroken, "5.3.1"},
      {"reason 0", [] { return about_person({revoking(full_crl(), std::uint8_t{0})}); }, kRevoked, kListed},
      {"reason 10", [] { return about_person({revoking(full_crl(), std::uint8_t{10})}); }, kRevoked, kListed},
      {"hold", [] { return about_person({revoking(full_crl(), kCertificateHold)}); }, kRevoked, kHeld},
      {"hold and revoked",
       [] {
         return about_person({expired(revoking(revoking(full_crl(), std::uint8_t{1}), kCertificateHold))});
       },
       kRevoked, kListed},
  };
}

}  // namespace

std::vector<CrlCase> form_cases() {
  auto all = time_cases();
  for (const auto group : {header_cases, serial_cases, entry_form_cases})
    for (const CrlCase& row : group()) all.push_back(row);
  return all;
}

}  // namespace jpki::test
