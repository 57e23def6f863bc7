// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The whole test PKI: every member is what it claims to be, judged by GnuTLS and by encodings written out
// here.
#include "testkit/pki/mapping.h"
#include "testkit/pki/test_pki.h"
#include "tests/unit/support/check_main.h"
#include "tests/unit/testkit/pki/gnutls_handles.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <string>

#include <gnutls/x509.h>

using namespace jpki;
using namespace jpki::testpki;

namespace {

const Settings kSettings{"unit test", Time{std::chrono::sys_days{std::chrono::year{2026} / 4 / 1}},
                         "http://127.0.0.1:8560/ocsp"};
constexpr unsigned kSignatureOnly =
    GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_CA_SIGN | GNUTLS_VERIFY_ALLOW_BROKEN;

// Made once in main(), before Check forks.
TestPki pki;

const Blob& file(const std::string& name) {
  const auto found = pki.files.find(name);
  ck_assert_msg(found != pki.files.end(), "no file %s", name.c_str());
  return found->second.contents;
}

std::string text_of(const std::string& name) {
  return std::string(as_text(file(name)));
}

std::string subject_of(const Crt& crt) {
  gnutls_datum_t out{};
  ck_assert_int_eq(gnutls_x509_crt_get_dn3(crt.get(), &out, 0), 0);
  std::string text(reinterpret_cast<char*>(out.data), out.size);
  gnutls_free(out.data);
  return text;
}

std::string issuer_of(const Crt& crt) {
  gnutls_datum_t out{};
  ck_assert_int_eq(gnutls_x509_crt_get_issuer_dn3(crt.get(), &out, 0), 0);
  std::string text(reinterpret_cast<char*>(out.data), out.size);
  gnutls_free(out.data);
  return text;
}

struct ExtensionFound {
  bool critical;
  std::string hex;
};

std::map<std::string, ExtensionFound> extensions_of(const Crt& crt) {
  std::map<std::string, ExtensionFound> found;
  for (unsigned i = 0;; ++i) {
    char oid_text[64];
    std::size_t size = sizeof oid_text;
    unsigned critical = 0;
    if (gnutls_x509_crt_get_extension_info(crt.get(), i, oid_text, &size, &critical) != 0) return found;
    gnutls_datum_t value{};
    ck_assert_int_eq(gnutls_x509_crt_get_extension_data2(crt.get(), i, &value), 0);
    ck_assert(
        found.emplace(oid_text, ExtensionFound{critical != 0, to_hex({value.data, value.size})}).second);
    gnutls_free(value.data);
  }
}

std::string utf8_attribute(const std::string& type_hex, const std::string& text) {
  const auto header = [](const char* tag, std::size_t size) {
    return tag + to_hex(Blob{static_cast<std::uint8_t>(size)});
  };
  const std::string value = header("0c", text.size()) + to_hex(as_bytes(text));
  const std::string pair = "0603" + type_hex + value;
  const std::string sequence = header("30", pair.size() / 2) + pair;
  return header("31", sequence.size() / 2) + sequence;
}

// The Name of Kasumi's CRL distribution point; 157 bytes of contents.
std::string kasumi_crldp() {
  return "30819d310b3009060355040613024a50" + utf8_attribute("55040a", "JPKI-TEST") +
         utf8_attribute("55040b", "JPKI for user authentication") +
         utf8_attribute("55040b", "CRL Distribution Points") + utf8_attribute("55040b", "Rehearsal-ken") +
         utf8_attribute("550403", "Kasumi-shi CRLDP");
}

START_TEST(every_slot_parses_and_is_signed_by_its_issuer) {
  for (const Member& member : pki.members) {
    for (const char* slot : {"auth", "sign"}) {
      const std::string stem = "cards/" + member.name + "/" + slot;
      const Crt crt = import_crt(file(stem + ".der")), issuer = import_crt(file(stem + "-ca.der"));
      gnutls_x509_crt_t list = issuer.get();
      unsigned status = 0;
      ck_assert_int_eq(gnutls_x509_crt_verify(crt.get(), &list, 1, kSignatureOnly, &status), 0);
      const bool unknown_critical = stem == "cards/unknown-critical/auth";
      const unsigned expected =
          unknown_critical ? GNUTLS_CERT_INVALID | GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS : 0;
      ck_assert_msg(status == expected, "%s: status %#x", stem.c_str(), status);
      const bool matches = spki_of(import_key(text_of(stem + ".key"))) == spki_of(crt);
      ck_assert_msg(matches == (stem != "cards/clone/auth"), "%s: key", stem.c_str());
    }
  }
}
END_TEST

// The impostor's CA has the DN of generation 3, so GnuTLS must be the one to say that its key is another.
START_TEST(impostor_is_not_signed_by_the_real_authority) {
  const Crt crt = import_crt(file("cards/impostor/auth.der")),
            real = import_crt(file("ca/jpki-auth-g3/cert.der"));
  ck_assert(issuer_of(crt) == subject_of(real));
  gnutls_x509_crt_t list = real.get();
  unsigned status = 0;
  ck_assert_int_eq(gnutls_x509_crt_verify(crt.get(), &list, 1, kSignatureOnly, &status), 0);
  ck_assert_uint_ne(status & GNUTLS_CERT_INVALID, 0);
}
END_TEST

START_TEST(authentication_profile) {
  const Crt crt = import_crt(file("cards/taro/auth.der")),
            issuer = import_crt(file("cards/taro/auth-ca.der"));
  ck_assert(issuer_of(crt) ==
            "OU=Japan Agency for Local Authority Information Systems,"
            "OU=JPKI for user authentication,O=JPKI-TEST,C=JP");
  const std::string subject = subject_of(crt);
  ck_assert_uint_eq(subject.size(), std::string_view("CN=1234567890123499011003A,C=JP").size());
  ck_assert(subject.starts_with("CN=") && subject.ends_with("99011003A,C=JP"));
  ck_assert(std::all_of(subject.begin() + 3, subject.begin() + 17,
                        [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); }));
  std::uint8_t serial[32];
  std::size_t size = sizeof serial;
  ck_assert_int_eq(gnutls_x509_crt_get_serial(crt.get(), serial, &size), 0);
  ck_assert_uint_le(size, 4);

  std::uint8_t issuer_key[64], subject_key[64];
  std::size_t issuer_key_size = sizeof issuer_key, subject_key_size = sizeof subject_key;
  ck_assert_int_eq(gnutls_x509_crt_get_subject_key_id(issuer.get(), issuer_key, &issuer_key_size, nullptr),
                   0);
  ck_assert_int_eq(gnutls_x509_crt_get_subject_key_id(crt.get(), subject_key, &subject_key_size, nullptr), 0);
  gnutls_datum_t issuer_dn{};
  ck_assert_int_eq(gnutls_x509_crt_get_raw_issuer_dn(crt.get(), &issuer_dn), 0);
  const std::string issuer_hex = to_hex({issuer_dn.data, issuer_dn.size});
  gnutls_free(issuer_dn.data);

  const std::map<std::string, ExtensionFound> expected = {
      {"2.5.29.15", {true, "03020780"}},
      {"2.5.29.37", {false, "300a06082b06010505070302"}},
      {"2.5.29.32", {true, "300f300d060b2a83088c9b55080501031e"}},
      {"2.5.29.31", {false, "3081ac3081a9a081a6a081a3a481a0" + kasumi_crldp()}},
      {"1.3.6.1.5.5.7.1.1",
       {false, "3028302606082b06010505073001861a" + to_hex(as_bytes("http://127.0.0.1:8560/ocsp"))}},
      {"2.5.29.35",
       {false,
        "3081a98014" + to_hex({issuer_key, issuer_key_size}) + "a1818da4818a" + issuer_hex + "820103"}},
      {"2.5.29.14", {false, "0414" + to_hex({subject_key, subject_key_size})}},
  };
  const auto found = extensions_of(crt);
  ck_assert_uint_eq(found.size(), expected.size());
  for (const auto& [oid_text, extension] : expected) {
    ck_assert_msg(found.count(oid_text) == 1, "no %s", oid_text.c_str());
    ck_assert_msg(found.at(oid_text).critical == extension.critical, "%s: critical", oid_text.c_str());
    ck_assert_str_eq(found.at(oid_text).hex.c_str(), extension.hex.c_str());
  }
}
END_TEST

START_TEST(signature_profile) {
  const Crt crt = import_crt(file("cards/signature-kind/auth.der"));
  ck_assert(issuer_of(crt).find("OU=JPKI for digital signature") != std::string::npos);
  const auto found = extensions_of(crt);
  ck_assert_str_eq(found.at("2.5.29.15").hex.c_str(), "03020640");  // nonRepudiation
  ck_assert(found.at("2.5.29.32").critical);
  ck_assert_str_eq(found.at("2.5.29.32").hex.c_str(), "300f300d060b2a83088c9b550805010114");
  ck_assert_uint_eq(found.count("2.5.29.37"), 0);
  ck_assert_uint_eq(found.count("2.5.29.17"), 1);
}
END_TEST

// R4: one DN for all generations; the first is over, the others overlap on the date.
START_TEST(generations_share_a_name) {
  const auto seconds = kSettings.date.time_since_epoch().count();
  std::set<std::string> names, keys;
  for (const char* name : {"jpki-auth-g1", "jpki-auth-g2", "jpki-auth-g3"}) {
    const Crt crt = import_crt(file(std::string("ca/") + name + "/cert.der"));
    names.insert(subject_of(crt));
    keys.insert(to_hex(spki_of(crt)));
    ck_assert(gnutls_x509_crt_get_activation_time(crt.get()) < seconds);
    const bool over = gnutls_x509_crt_get_expiration_time(crt.get()) < seconds;
    ck_assert_msg(over == (std::string_view(name) == "jpki-auth-g1"), "%s", name);
    const bool window =
        text_of(std::string("anchors.d/") + name + ".toml").find("accept_until") != std::string::npos;
    ck_assert_msg(window == over, "%s", name);
  }
  ck_assert_uint_eq(names.size(), 1);
  ck_assert_uint_eq(keys.size(), 3);
}
END_TEST

START_TEST(members_are_bad_in_the_way_they_say) {
  const auto date = kSettings.date.time_since_epoch().count();
  const auto crt = [](const std::string& name) { return import_crt(file("cards/" + name + "/auth.der")); };
  for (const Member& member : pki.members) {
    const Crt c = crt(member.name);
    const bool expired = gnutls_x509_crt_get_expiration_time(c.get()) < date;
    const bool early = gnutls_x509_crt_get_activation_time(c.get()) > date;
    ck_assert_msg(expired == (member.name == "expired"), "%s", member.name.c_str());
    ck_assert_msg(early == (member.name == "not-yet-valid"), "%s", member.name.c_str());
    const bool sha1 = gnutls_x509_crt_get_signature_algorithm(c.get()) == GNUTLS_SIGN_RSA_SHA1;
    ck_assert_msg(sha1 == (member.name == "sha1"), "%s", member.name.c_str());
    const auto extensions = extensions_of(c);
    ck_assert_msg((extensions.count("2.5.29.32") == 0) == (member.name == "no-policy"), "%s",
                  member.name.c_str());
    const auto unknown = extensions.find("2.999.3.1");
    ck_assert_msg((unknown != extensions.end()) == (member.name == "unknown-critical"), "%s",
                  member.name.c_str());
    if (unknown != extensions.end()) ck_assert(unknown->second.critical);
  }
  ck_assert(file("cards/clone/auth.der") == file("cards/taro/auth.der"));
  unsigned bits = 0;
  ck_assert_int_eq(gnutls_x509_crt_get_pk_algorithm(crt("next-generation").get(), &bits), GNUTLS_PK_ECDSA);
  ck_assert_uint_eq(bits, 384);
}
END_TEST

unsigned crl_status(const std::string& name, const std::string& authority) {
  const Crl crl = import_crl(file("crl/" + name));
  const Crt issuer = import_crt(file("ca/" + authority + "/cert.der"));
  ck_assert_uint_eq(gnutls_x509_crl_check_issuer(crl.get(), issuer.get()), 1);
  gnutls_x509_crt_t list = issuer.get();
  unsigned status = 0;
  ck_assert_int_eq(gnutls_x509_crl_verify(crl.get(), &list, 1, kSignatureOnly, &status), 0);
  return status & GNUTLS_CERT_SIGNATURE_FAILURE;
}

std::string crl_extension(const std::string& name, const std::string& wanted) {
  const Crl crl = import_crl(file("crl/" + name));
  for (unsigned i = 0;; ++i) {
    char oid_text[64];
    std::size_t size = sizeof oid_text;
    unsigned critical = 0;
    ck_assert_int_eq(gnutls_x509_crl_get_extension_info(crl.get(), i, oid_text, &size, &critical), 0);
    if (wanted != oid_text) continue;
    gnutls_datum_t value{};
    ck_assert_int_eq(gnutls_x509_crl_get_extension_data2(crl.get(), i, &value), 0);
    std::string hex = (critical != 0 ? "critical " : "") + to_hex({value.data, value.size});
    gnutls_free(value.data);
    return hex;
  }
}

START_TEST(revocation_lists) {
  const auto date = kSettings.date.time_since_epoch().count();
  std::size_t crls = 0;
  for (const auto& [path, entry] : pki.files) {
    if (!path.starts_with("crl/")) continue;
    ++crls;
    const std::string name = path.substr(4), authority = name.substr(0, name.rfind('-'));
    ck_assert_msg((crl_status(name, authority) != 0) == (name == "jpki-auth-g3-yaburegami.crl"), "%s",
                  name.c_str());
    const Crl crl = import_crl(entry.contents);
    const bool stale = name == "jpki-auth-g3-furukoyomi.crl";
    const auto this_update = gnutls_x509_crl_get_this_update(crl.get());
    const auto next_update = gnutls_x509_crl_get_next_update(crl.get());
    ck_assert_msg(stale || (this_update == date - 86400 && next_update == date + 7 * 86400), "%s",
                  name.c_str());
    ck_assert_msg(!stale || next_update < date - 48 * 3600, "%s", name.c_str());
    const bool empty = name.ends_with("-arl.crl");
    ck_assert_msg((gnutls_x509_crl_get_crt_count(crl.get()) == 0) == empty, "%s", name.c_str());
  }
  ck_assert_uint_eq(crls, 3 * 2 + 3 + 2 * 2);

  const std::string idp = "2.5.29.28";
  ck_assert(crl_extension("jpki-auth-g3-torichigai.crl", idp) ==
            crl_extension("jpki-auth-g3-hibiki.crl", idp));
  ck_assert(crl_extension("jpki-auth-g3-kasumi.crl", idp) != crl_extension("jpki-auth-g3-hibiki.crl", idp));
  ck_assert(crl_extension("lgpki-org-g4-crl.crl", idp) == "critical 30038101ff");
  ck_assert(crl_extension("lgpki-g4-arl.crl", idp) == "critical 30038201ff");
  ck_assert(crl_extension("jpki-auth-g3-kasumi.crl", idp) ==
            "critical 3081a9a081a6a081a3a481a0" + kasumi_crldp());
}
END_TEST

START_TEST(only_the_revoked_one_is_revoked) {
  for (const Member& member : pki.members) {
    const Crt crt = import_crt(file("cards/" + member.name + "/auth.der"));
    bool revoked = false;
    for (const auto& [path, entry] : pki.files) {
      if (!path.starts_with("crl/")) continue;
      const Crl crl = import_crl(entry.contents);
      gnutls_x509_crl_t list = crl.get();
      revoked |= gnutls_x509_crt_check_revocation(crt.get(), &list, 1) == 1;
    }
    ck_assert_msg(revoked == (member.name == "revoked"), "%s", member.name.c_str());
  }
}
END_TEST

// KB5014754's own example, and a serial with a leading zero.
START_TEST(mapping_strings) {
  const Blob serial{0x2b, 0, 0, 0, 0, 0x11, 0xac, 0, 0, 0, 0, 0x12};
  ck_assert(
      issuer_serial_mapping({country("JP"), organization("JPKI-TEST"), common_name("Test CA")}, serial) ==
      "X509:<I>C=JP,O=JPKI-TEST,CN=Test CA<SR>1200000000ac11000000002b");
  ck_assert(issuer_serial_mapping({country("JP")}, Blob{0, 0x8f, 1, 2, 3}) == "X509:<I>C=JP<SR>0302018f");
  ck_assert(thumbprint_mapping(as_bytes("abc")) ==
            "X509:<SHA1-PUKEY>a9993e364706816aba3e25717850c26c9cd0d89d");
}
END_TEST

START_TEST(accounts_map_binds_all_but_saburo) {
  const std::string map = text_of("accounts.map");
  std::multiset<std::string> accounts;
  for (std::size_t at = map.find('\n') + 1; at < map.size(); at = map.find('\n', at) + 1) {
    accounts.insert(map.substr(at, map.find(' ', at) - at));
  }
  for (const char* name :
       {"taro", "hanako", "jiro", "revoked", "role", "ambiguous", "ambiguous-2", "impostor"}) {
    ck_assert_msg(accounts.count(name) == 1, "%s", name);
  }
  ck_assert_uint_eq(accounts.count("shiro"), 2);
  ck_assert_uint_eq(accounts.count("saburo") + accounts.count("clone"), 0);
  for (const char* form : {"X509:<I>", "X509:<SKI>", "X509:<SHA1-PUKEY>"}) {
    ck_assert_msg(map.find(form) != std::string::npos, "%s", form);
  }
}
END_TEST

START_TEST(private_files_are_private) {
  for (const auto& [path, entry] : pki.files) {
    const bool is_private = path.ends_with(".key") || path.ends_with("key.pem") || path == "accounts.map";
    ck_assert_msg(entry.mode == (is_private ? 0600u : 0644u), "%s", path.c_str());
  }
}
END_TEST

START_TEST(equal_settings_make_equal_files) {
  const TestPki again = make_test_pki(kSettings);
  ck_assert_uint_eq(again.files.size(), pki.files.size());
  for (const auto& [path, entry] : pki.files) {
    ck_assert_msg(again.files.at(path).contents == entry.contents, "%s differs", path.c_str());
  }
}
END_TEST

Suite* suite() {
  Suite* s = suite_create("testkit/pki members");
  TCase* t = tcase_create("members");
  tcase_set_timeout(t, 120);
  tcase_add_test(t, every_slot_parses_and_is_signed_by_its_issuer);
  tcase_add_test(t, impostor_is_not_signed_by_the_real_authority);
  tcase_add_test(t, authentication_profile);
  tcase_add_test(t, signature_profile);
  tcase_add_test(t, generations_share_a_name);
  tcase_add_test(t, members_are_bad_in_the_way_they_say);
  tcase_add_test(t, revocation_lists);
  tcase_add_test(t, only_the_revoked_one_is_revoked);
  tcase_add_test(t, mapping_strings);
  tcase_add_test(t, accounts_map_binds_all_but_saburo);
  tcase_add_test(t, private_files_are_private);
  tcase_add_test(t, equal_settings_make_equal_files);
  suite_add_tcase(s, t);
  return s;
}

}  // namespace

int main() {
  pki = make_test_pki(kSettings);
  return jpki::test::run_suite(suite());
}
