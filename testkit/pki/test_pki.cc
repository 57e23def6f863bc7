// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/pki/test_pki.h"

#include "testkit/pki/lgpki_policies.h"
#include "testkit/pki/profiles.h"
#include "testkit/pki/revocation_lists.h"

#include <iterator>

#include <fmt/format.h>
#include <nettle/base64.h>
#include <nettle/sha2.h>

namespace jpki::testpki {

namespace {

constexpr mode_t kPublic = 0644;
constexpr mode_t kPrivate = 0600;  // private keys, and the map that names persons' certificates

File text_file(std::string_view text, mode_t mode = kPublic) {
  return {to_blob(as_bytes(text)), mode};
}

std::string pem_certificate(Bytes der) {
  std::string base64(BASE64_ENCODE_RAW_LENGTH(der.size()), '\0');
  base64_encode_raw(base64.data(), der.size(), der.data());
  std::string out = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t at = 0; at < base64.size(); at += 64) out.append(base64, at, 64).append("\n");
  return out + "-----END CERTIFICATE-----\n";
}

// "AB:CD:…", as certificate authorities publish it.
std::string fingerprint(Bytes der) {
  std::uint8_t digest[SHA256_DIGEST_SIZE];
  sha256_ctx hash;
  sha256_init(&hash);
  sha256_update(&hash, der.size(), der.data());
  sha256_digest(&hash, sizeof digest, digest);
  std::string out;
  for (const std::uint8_t byte : digest)
    fmt::format_to(std::back_inserter(out), "{}{:02X}", out.empty() ? "" : ":", byte);
  return out;
}

// A TOML offset date-time in Japan's time.
std::string toml_time(Time time) {
  const Time local = time + std::chrono::hours(9);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(local - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+09:00", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

void add_anchor(FileTree& files, const Settings& settings, const Authority& authority,
                std::string_view kind) {
  std::string toml = fmt::format(
      "# Test anchor made by jpki-testpki. Never install it on a machine that matters.\n"
      "certificate = \"{}.pem\"\nsha256 = \"{}\"\nkinds = [\"{}\"]\n",
      authority.name, fingerprint(authority.certificate), kind);
  if (authority.not_after < settings.date) {
    toml += fmt::format("accept_from = {}\naccept_until = {}\n", toml_time(authority.not_before),
                        toml_time(authority.not_after));
  }
  files["anchors.d/" + authority.name + ".toml"] = text_file(toml);
  files["anchors.d/" + authority.name + ".pem"] = text_file(pem_certificate(authority.certificate));
}

void add_authorities(FileTree& files, const Settings& settings, const Authorities& authorities) {
  for (const Authority* authority : authorities.all()) {
    files["ca/" + authority->name + "/cert.der"] = {authority->certificate, kPublic};
    files["ca/" + authority->name + "/key.pem"] = text_file(authority->key.pkcs8_pem(), kPrivate);
  }
  for (const Authority& authority : authorities.jpki_auth)
    add_anchor(files, settings, authority, "jpki-authentication");
  for (const Authority& authority : authorities.lgpki_root)
    add_anchor(files, settings, authority, "lgpki-user");
}

// One key for the responders of all CAs that anybody should trust, one certificate for each.
void add_responders(FileTree& files, const Settings& settings, const Authorities& authorities) {
  const PrivateKey key = PrivateKey::rsa(settings.seed_for("ocsp/responder"));
  files["ocsp/responder.key"] = text_file(key.pkcs8_pem(), kPrivate);
  for (const Authority* authority : authorities.all()) {
    if (authority == &authorities.impostor || authority == &authorities.card_only) continue;
    const auto certificate =
        ocsp_responder_certificate(authority->subject_der(), key, settings.date - std::chrono::days(30),
                                   settings.date + std::chrono::days(365));
    files["ocsp/" + authority->name + ".der"] = {certificate.sign(authority->key), kPublic};
  }
}

void add_slot(FileTree& files, const std::string& stem, const KeyedCertificate& slot) {
  files[stem + ".der"] = {slot.certificate, kPublic};
  files[stem + ".key"] = text_file(slot.key_pem, kPrivate);
  files[stem + "-ca.der"] = {slot.issuer_certificate, kPublic};
}

std::string accounts_map(const std::vector<Member>& members) {
  std::string out = "# Test bindings made by jpki-testpki: ACCOUNT  MAPPING-STRING\n";
  for (const Member& member : members) {
    for (const std::string& account : member.accounts)
      out += fmt::format("{}  {}\n", account, member.mapping);
  }
  return out;
}

std::string kinds_toml() {
  std::string out =
      "# Certificate policies of LGPKI-TEST, below the example arc 2.999. For /etc/jpki/jpki.toml.d.\n";
  for (const LgpkiPolicy& policy : kLgpkiPolicies) {
    out += fmt::format("\n[[kind]]\nkind = \"{}\"\npolicy = \"{}\"\n", policy.kind, policy.oid);
  }
  return out;
}

std::string readme(const Settings& settings, const std::vector<Member>& members) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(settings.date));
  std::string out = fmt::format(
      "Test PKI of jpki-testpki, seed \"{}\", to be used on {:04}-{:02}-{:02}.\n"
      "Everything in it is made up, and anyone who knows the seed has every key. Never trust it on a machine "
      "that\n"
      "matters.\n\n"
      "  anchors.d/     trust anchors, for /etc/jpki/anchors.d\n"
      "  kinds.toml     certificate policies of LGPKI-TEST, for /etc/jpki/jpki.toml.d\n"
      "  accounts.map   which account each certificate is bound to\n"
      "  crl/           one CRL for each CA and municipality, DER\n"
      "  ca/NAME/       cert.der and key.pem of every CA\n"
      "  ocsp/          responder.key, and NAME.der: that key's OCSP responder certificate by CA NAME\n"
      "  cards/NAME/    auth.der, auth.key, auth-ca.der and sign.der, sign.key, sign-ca.der\n\n"
      "Good CRLs are from the day before, so that they are fresh at any hour of that day, and run for seven "
      "days\n"
      "after it. Cards:\n\n",
      settings.seed, static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()));
  for (const Member& member : members) {
    out += fmt::format("  {:<17} {}\n", member.name, member.purpose);
  }
  return out;
}

}  // namespace

TestPki make_test_pki(const Settings& settings) {
  const Authorities authorities = make_authorities(settings);
  TestPki pki{make_members(settings, authorities), {}};
  FileTree& files = pki.files;
  add_authorities(files, settings, authorities);
  add_responders(files, settings, authorities);
  for (const Member& member : pki.members) {
    add_slot(files, "cards/" + member.name + "/auth", member.authentication);
    add_slot(files, "cards/" + member.name + "/sign", member.signature);
  }
  for (auto& [name, crl] : make_revocation_lists(settings, authorities, pki.members)) {
    files["crl/" + name] = {std::move(crl), kPublic};
  }
  files["accounts.map"] = text_file(accounts_map(pki.members), kPrivate);
  files["kinds.toml"] = text_file(kinds_toml());
  files["README.txt"] = text_file(readme(settings, pki.members));
  return pki;
}

}  // namespace jpki::testpki
