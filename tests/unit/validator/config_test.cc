// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/config/config.h"

#include "base/settings/strict_toml.h"
#include "tests/unit/support/check_main.h"

#include <unistd.h>

namespace {

using namespace jpki;
using config::Config;

FileTrust own_files() {
  return {.owner = ::getuid()};
}

#define SOURCE "[[revocation.source]]\nname = \"x\"\ntype = \"ocsp\"\n"

#define TOKEN "[[token]]\nname = \"a\"\nmodules = [\"opensc-pkcs11.so\"]\n"

#define SEAT "[[seat]]\nname = \"a\"\n"

struct Refused {
  const char* text;
  const char* message;  // what the error must contain
};

const Refused kRefused[] = {
    {"[log]\n\n[!]\n", "jpki.toml:3: a key is missing here"},
    {"[$", "jpki.toml:1: a key is missing here"},
    // Characters that only strings and comments may hold.
    {"[log]\n\u00e9 = 1\n", "jpki.toml:2: "},
    {"[log]\n\u3042 = 1\n", "jpki.toml:2: "},
    {"[log]\nx\ufefe= 1\n", "jpki.toml:2: "},
    {"[pkcs11\n", "jpki.toml:1: "},
    {"\n[pkcs11]\nmoduls = []\n", "jpki.toml:3: pkcs11.moduls is not a known key; did you mean \"modules\"?"},
    {"colour = 1\n", "jpki.toml:1: colour is not a known key; known here: pkcs11, login"},
    {"[pkcs11]\nmodules = \"x\"\n", "jpki.toml:2: pkcs11.modules must be an array of strings"},
    {"[pkcs11]\nmodules = [1]\n", "must be an array of strings"},
    {"[pkcs11]\nmodules = []\n", "at least one"},
    {"[pkcs11]\nmodules = [\"../evil.so\"]\n", "absolute paths"},
    {"[pkcs11]\nmodule_files = [\"tokens\"]\n", "jpki.toml:2: pkcs11.module_files must hold absolute paths"},
    {"[pkcs11]\nmodule_threads = \"yes\"\n", "jpki.toml:2: pkcs11.module_threads must be true or false"},
    {"pkcs11 = 3\n", "pkcs11 must be a table"},
    {"[login]\nkinds = [\"web-server\"]\n", "never log anyone in"},
    {"[login]\nkinds = [\"jpki\"]\n", "never log anyone in"},
    {"[login]\nkinds = []\n", "at least one"},
    {"[kind]\nkind = \"mail\"\n", "kind must be tables: [[kind]]"},
    {"[[kind]]\nkind = \"unknown\"\npolicy = \"1.2\"\n", "not a kind of certificate"},
    {"[[kind]]\nkind = \"mail\"\npolicy = \"1..2\"\n", "jpki.toml:3: kind.policy must be a dotted OID"},
    {"[[kind]]\nkind = \"mail\"\npolicy = \"1.2\"\nextra = 1\n", "kind.extra is not a known key"},
    {"[trust]\nanchors = \"anchors.d\"\n", "jpki.toml:2: trust.anchors must be an absolute path"},
    {"[trust]\nanchors = 7\n", "trust.anchors must be a string, not integer"},
    {"[revocation]\nmax_age_hours = -1\n", "whole number from 0"},
    {"[revocation]\nmax_age_hours = 1.5\n", "whole number"},
    {"[revocation]\nclock_skew_seconds = 3601\n", "to 3600"},
    {"[account]\nmap = \"\"\n", "absolute path"},
    {"[account]\nsource = \"ldap\"\n", "jpki.toml:2: account.source must be \"file\" or \"ad\""},
    {"[[token]]\nname = \"a\"\n", "token.name needs which tokens it is for"},
    {TOKEN "manufacturer = \"\"\n", "token.manufacturer must have 1 to 32 bytes"},
    {TOKEN "label = \"123456789012345678901234567890123\"\n", "token.label must have 1 to 32 bytes"},
    {TOKEN "model = \"12345678901234567\"\n", "token.model must have 1 to 16 bytes"},
    {TOKEN "pin_entry = \"reader\"\npin_min_length = 4\n", "token.pin_entry \"reader\" sees no PIN"},
    {TOKEN "pin_entry = \"reader\"\npin_max_length = 4\n", "token.pin_entry \"reader\" sees no PIN"},
    {TOKEN "pin_entry = \"reader\"\npin_characters = \"digits\"\n", "token.pin_entry \"reader\" sees no PIN"},
    {TOKEN "pin_min_length = 5\npin_max_length = 4\n", "token.pin_max_length is less than pin_min_length"},
    {"[smartphone]\naccounts = [\"\"]\n", "jpki.toml:2: smartphone.accounts must hold names of accounts"},
    {"[smartphone]\ngroups = [\"a\", \"\"]\n", "jpki.toml:2: smartphone.groups must hold names of groups"},
    {"[smartphone]\naccounts = \"taro\"\n", "must be an array of strings"},
    {"[smartphone]\nallowed = true\n", "smartphone.allowed is not a known key"},
    {"[succession]\nfeed = \"feed\"\n", "jpki.toml:2: succession.feed must be an absolute path, or empty"},
    {"[succession]\nresolver = \"./r\"\n", "succession.resolver must be an absolute path, or empty"},
    {"[succession]\nocsp_extension = \"serial\"\n",
     "jpki.toml:2: succession.ocsp_extension must be a dotted OID"},
    {"[succession]\nocsp_extension = \"2.999.\"\n", "dotted OID"},
    {"[succession]\nocsp_extension = \"9.9\"\n", "dotted OID"},
    {"[succession]\nocsp_extension = \"25.1\"\n", "dotted OID"},
    {"[succession]\nocsp_extension = \"2.5.29.14\"\n", "that no standard has for OCSP"},
    {"[succession]\nocsp_extension = \"1.3.6.1.5.5.7.48.1.2\"\n", "that no standard has for OCSP"},
    {"[succession]\nocsp_extension = 2.999\n", "must be a string"},
    {"[session]\nremoval = \"disconnect\"\n",
     "jpki.toml:2: session.removal must be \"lock\", \"logoff\" or \"none\""},
    {"[session]\ngrace_seconds = 301\n", "must be a whole number from 0 to 300"},
    {"[session]\ngrace = 3\n", "session.grace is not a known key"},
    {"[seat]\nname = \"a\"\n", "seat must be tables: [[seat]]"},
    {SEAT "readers = [\"R\"]\n", "seat.name needs whose logins it is for: seats, terminals or origins"},
    {SEAT "services = [\"login\"]\nreaders = [\"R\"]\n", "seat.name needs whose logins it is for"},
    {SEAT "seats = [\"seat1\"]\n", "seat.readers must name the readers of the seat"},
    {SEAT "seats = [\"\"]\nreaders = [\"R\"]\n",
     "jpki.toml:3: seat.seats holds \"\"; a text has 1 to 63 bytes"},
    {SEAT "terminals = [\"/dev/tty3\"]\nreaders = [\"R\"]\n", "seat.terminals must hold names without /dev/"},
    {SEAT "seats = [\"seat1\"]\nreaders = [\"R2345678901234567890123456789012345678901234567890123456789012"
          "34\"]\n",
     "a text has 1 to 63 bytes"},
    {SEAT "origins = [\"client.example\"]\np11_kit_server = \"unix:path=/s\"\n", "is not an IP address"},
    {SEAT "origins = [\"192.0.2.1\"]\n", "seat.p11_kit_server must tell where the reader"},
    {SEAT "origins = [\"192.0.2.1\"]\np11_kit_server = \"/s\"\n",
     "must be unix:path=/ABSOLUTE/PATH or vsock"},
    {SEAT "origins = [\"192.0.2.1\"]\nreaders = [\"R\"]\np11_kit_server = \"unix:path=/s\"\n",
     "seat.readers are of this machine"},
    {SEAT "origins = [\"192.0.2.1\"]\nseats = [\"seat1\"]\np11_kit_server = \"unix:path=/s\"\n",
     "seat.origins cannot stand beside seats"},
    {SEAT "seats = [\"seat1\"]\nreaders = [\"R\"]\np11_kit_server = \"unix:path=/s\"\n",
     "seat.p11_kit_server is for thin clients"},
    {SEAT "opened_by = [\"xrdp-sesman\"]\n", "seat.opened_by is for readers that come with a session"},
    {SEAT "pcsc_socket = \"/s/{uid}\"\n", "seat.pcsc_socket needs whose sessions it is for"},
    {SEAT "opened_by = [\"x\"]\npcsc_socket = \"/run/pcscd/pcscd.comm\"\n",
     "seat.pcsc_socket must be an absolute path with {uid} or {display}"},
    {SEAT "opened_by = [\"x\"]\npcsc_socket = \"/s/{uid}\"\nreaders = [\"R\"]\n",
     "seat.pcsc_socket cannot stand beside seats, terminals or readers"},
    {SEAT "opened_by = [\"x\"]\npcsc_socket = \"/s/{uid}\"\nterminals = [\":10\"]\n",
     "seat.pcsc_socket cannot stand beside seats, terminals or readers"},
    {SEAT "origins = [\"192.0.2.1\"]\npcsc_socket = \"/s/{uid}\"\np11_kit_server = \"unix:path=/s\"\n",
     "seat.pcsc_socket and p11_kit_server are two ways"},
    {SEAT "seats = [\"seat1\"]\nreaders = [\"R\"]\n" SEAT "seats = [\"seat2\"]\nreaders = [\"S\"]\n",
     "jpki.toml:6: seat.name \"a\" is used twice"},
    {SEAT "seats = [\"seat1\"]\nreaders = [\"R\"]\n[[seat]]\nname = \"b\"\nseats = [\"seat2\"]\n"
          "readers = [\"S\", \"R 00 00\"]\n",
     "jpki.toml:8: seat.readers are those of [[seat]] \"a\" as well"},
    {SEAT "seat = \"seat1\"\n", "did you mean \"seats\"?"},
    {"[trust]\nintermediates = \"x\"\n", "trust.intermediates must be an absolute path"},
    {"[revocation]\nevidence = \"e\"\n", "revocation.evidence must be an absolute path"},
    {"[revocation.source]\nname = \"x\"\n", "must be tables: [[revocation.source]]"},
    {SOURCE "nmae = 1\n", "jpki.toml:4: revocation.source.nmae is not a known key; did you mean \"name\"?"},
    {"[[revocation.source]]\nname = \"x\"\n", "revocation.source.type must be \"ocsp\", \"crl\" or \"cvs\""},
    {"[[revocation.source]]\ntype = \"ocsp\"\n", "revocation.source.name must be a name of lower-case"},
    {"[[revocation.source]]\nname = \"A b\"\ntype = \"crl\"\n", "name must be a name of lower-case"},
    {SOURCE SOURCE, "jpki.toml:5: revocation.source.name \"x\" is used twice"},
    {SOURCE "urls = [\"ftp://host/\"]\n", "which is not a URL; possible: http://HOST/…, https://HOST/…"},
    {SOURCE "urls = [\"http:///x\"]\n", "not a URL"},
    {SOURCE
     "urls = [\"http://1/\", \"http://2/\", \"http://3/\", \"http://4/\", \"http://5/\", \"http://6/\", "
     "\"http://7/\", \"http://8/\", \"http://9/\"]\n",
     "must name no more than 8"},
    {SOURCE "urls = [\"http://user@host/\"]\n", "not a URL"},
    {SOURCE "hours = [\"8:30-17:15\"]\n", "jpki.toml:4: revocation.source.hours holds \"8:30-17:15\", which"},
    {SOURCE "hours = [\"08:30-24:01\"]\n", "not an interval of hours"},
    {SOURCE "hours = [\"24:00-01:00\"]\n", "not an interval of hours"},
    {SOURCE "weekdays = [\"Monday\"]\n", "possible: mon, tue"},
    {SOURCE "time_zone = \"Asia/Nowhere\"\n",
     "time_zone cannot be used: /usr/share/zoneinfo/Asia/Nowhere: No such file"},
    {SOURCE "time_zone = \"../../etc/passwd\"\n", "not the name of a time zone"},
    {SOURCE "time_zone = \"Europe/Berlin\"\n", "has daylight saving time"},
    {SOURCE "freshness = \"soft\"\n", "must be \"hard\" or \"cached\""},
    {SOURCE "max_age_minutes = 16\n", "must be a whole number from 1 to 15"},
    {SOURCE "max_age_minutes = 0\n", "must be a whole number from 1 to 15"},
    {SOURCE "timeout_ms = 0\n", "from 1 to 60000"},
    {SOURCE "nonce = \"yes\"\n", "must be true or false"},
    {SOURCE "nonce = true\nfreshness = \"cached\"\n", "cannot be combined"},
    {SOURCE "nonce = true\nmethod = \"get\"\n", "cannot be combined"},
    {SOURCE "method = \"GET\"\n", "must be \"post\" or \"get\""},
    {SOURCE "method = \"put\"\n", "must be \"post\" or \"get\""},
    {SOURCE "cert_id = \"md5\"\n", "must be \"sha1\" or \"sha256\""},
    {SOURCE "responders = \"r\"\n", "absolute path"},
    {"[[revocation.source]]\nname = \"x\"\ntype = \"crl\"\nurls = []\n", "is for \"ocsp\" and \"cvs\""},
    {"[[revocation.source]]\nname = \"x\"\ntype = \"cvs\"\ntls = \"t\"\n", "must name the validation server"},
    {"[[revocation.source]]\nname = \"x\"\ntype = \"cvs\"\nurls = [\"http://h/\"]\ntls = \"t\"\n",
     "not a URL"},
    {"[[revocation.source]]\nname = \"x\"\ntype = \"cvs\"\nurls = [\"https://h/\"]\n", "TLS anchors"},
    {"[crl]\nname = \"x\"\n", "must be tables: [[crl]]"},
    {"[[crl]]\nname = \"x\"\n", "crl.urls must hold at least one URL"},
    {"[[crl]]\nname = \"../x\"\nurls = [\"http://h/\"]\n", "crl.name must be a name"},
    {"[[crl]]\nname = \"x\"\nurls = [\"file:///x\"]\n", "not a URL"},
    {"[fetch]\nhosts = [\"a/b\"]\n", "write HOST or HOST:PORT"},
    {"[fetch]\nhosts = [\"h:\"]\n", "write HOST or HOST:PORT"},
    {"[fetch]\nhosts = [\"h:0\"]\n", "write HOST or HOST:PORT"},
    {"[fetch]\nhosts = [\"h:65536\"]\n", "write HOST or HOST:PORT"},
    {"[fetch]\nhosts = [\"::1\"]\n", "an IPv6 address in [brackets]"},
    {"[fetch]\nhosts = [\"[::1\"]\n", "an IPv6 address in [brackets]"},
    {"[fetch]\nhosts = [\"[::1]8080\"]\n", "an IPv6 address in [brackets]"},
    {"[fetch]\nhosts = [\"[::1]:\"]\n", "an IPv6 address in [brackets]"},
    {"[fetch]\nhosts = [\"[::g]:80\"]\n", "an IPv6 address in [brackets]"},
    {"[fetch]\nhosts = [\"[127.0.0.1]\"]\n", "an IPv6 address in [brackets]"},
    {"[fetch]\nhosts = [\"[fe80::1%eth0]\"]\n", "an IPv6 address in [brackets]"},
    {"[fetch]\nproxy = \"http://[::1]:80/\"\n", "must be http://HOST:PORT"},
    {"[[crl]]\nname = \"x\"\nurls = [\"http://::1/\"]\n", "not a URL"},
    {"[[crl]]\nname = \"x\"\nurls = [\"http://user@h/\"]\n", "not a URL"},
    {"[fetch]\nproxy = \"proxy:8080\"\n", "must be http://HOST:PORT"},
    {"[fetch]\nconnect_timeout_ms = 0\n", "from 1 to 60000"},
    {"[[fetch.rewrite]]\nfrom = \"HTTPS://a/\"\nto = \"http://b/\"\n", "fetch.rewrite.to must be https"},
    {"[[crl]]\nname = \"x\"\nurls = [\"http://h/\"]\nmax_megabytes = 1025\n", "crl.max_megabytes"},
    {"[[fetch.rewrite]]\nfrom = \"http://a/\"\n",
     "jpki.toml:1: fetch.rewrite.to must be the beginning of a URL"},
    {"[[fetch.rewrite]]\nfrom = \"://a/\"\nto = \"http://b/\"\n",
     "fetch.rewrite.from must be the beginning of a URL"},
    {"[[fetch.rewrite]]\nfrom = \"http://a/\"\nto = \"b/\"\n", "fetch.rewrite.to must be the beginning"},
    {"[fetch.tls]\nplatform = \"p.pem\"\n", "fetch.tls.platform must be an absolute path"},
    {"[fetch.tls]\nPlatform = \"/p.pem\"\n", "must be a name of lower-case"},
    {"[ticket]\nrealm = \"A B\"\n", "must be the name of a realm"},
    {"[ticket]\nrealm = \"A\\n}\"\n", "must be the name of a realm"},
    {"[ticket]\nrealm = \"-A\"\n", "must be the name of a realm"},
    {"[ticket]\nkdcs = [\"http://h/\"]\n", "is not the name of a host"},
    {"[ticket]\nkdcs = [\"\"]\n", "is not the name of a host"},
    {"[ticket]\nkdc_hostnames = [\"h:88\"]\n", "is not the name of a host"},
    {"[ticket]\nkdc_anchors = \"k.pem\"\n", "ticket.kdc_anchors must be an absolute path"},
    {"[ticket]\ntimeout_seconds = 0\n", "from 1 to 10"},
    {"[ticket]\ntimeout_seconds = 11\n", "from 1 to 10"},
    {"[ticket]\nservice = \"login\"\n", "services"},
    {"[log]\npseudonym_key = true\n", "must be a string, not boolean"},
    {"[log]\npseudonym_key = \"/a\"\npseudonym_key = \"/b\"\n", "jpki.toml:3: "},
};

START_TEST(every_mistake_is_told_with_its_line) {
  const Refused& refused = kRefused[_i];
  Config config;
  const auto applied = config::apply_config(refused.text, "jpki.toml", config);
  ck_assert_msg(!applied.has_value(), "accepted: %s", refused.text);
  ck_assert_msg(applied.error().find(refused.message) != std::string::npos, "\"%s\" does not say \"%s\"",
                applied.error().c_str(), refused.message);
}
END_TEST

// `text` as the only file.
Expected<Config, std::string> whole_config(const std::string& text) {
  Config config;
  if (const auto applied = config::apply_config(text, "jpki.toml", config); !applied)
    return Unexpected{applied.error()};
  if (const auto complete = config::complete_config(config); !complete) return Unexpected{complete.error()};
  return config;
}

bool says(const Expected<Config, std::string>& config, std::string_view words) {
  return !config && config.error().find(words) != std::string::npos;
}

std::string array_of(std::size_t size, const std::string& text) {
  std::string list;
  for (std::size_t i = 0; i < size; ++i) list += (i == 0 ? "\"" : ", \"") + text + "\"";
  return "[" + list + "]\n";
}

START_TEST(what_is_left_out_of_a_download_is_as_it_is_by_itself) {
  const std::string download = "[[crl]]\nname = \"x\"\nurls = [\"http://h/\"]\n";
  ck_assert(whole_config(download)->crl_downloads.at(0).max_size == config::CrlDownload{}.max_size);
  ck_assert(whole_config(download + "max_megabytes = 3\n")->crl_downloads.at(0).max_size == 3 << 20);
}
END_TEST

START_TEST(names_are_lower_case_letters_digits_and_hyphens) {
  const auto of = [](const std::string& name) {
    return whole_config("[[revocation.source]]\nname = \"" + name + "\"\ntype = \"ocsp\"\n");
  };
  for (const char* good : {"az-09", "a", "0"}) ck_assert_msg(of(good).has_value(), "%s", good);
  for (const char* bad : {"", "A", "a_b", "a`", "a{", "a/", "a:", "a.b"})
    ck_assert_msg(says(of(bad), "must be a name of lower-case letters"), "%s", bad);
  ck_assert(of(std::string(40, 'a')).has_value() && !of(std::string(41, 'a')));
}
END_TEST

START_TEST(texts_are_taken_up_to_the_longest) {
  const auto url = [](std::size_t size) {
    const std::string begin = "http://h/";
    return whole_config(SOURCE "urls = [\"" + begin + std::string(size - begin.size(), 'a') + "\"]\n");
  };
  ck_assert(url(2000).has_value() && says(url(2001), "which is not a URL"));
  // PKCS#11 cuts the name of a reader there.
  const auto reader = [](std::size_t size) {
    return whole_config(SEAT "seats = [\"seat1\"]\nreaders = [\"" + std::string(size, 'R') + "\"]\n");
  };
  ck_assert(reader(1).has_value() && reader(63).has_value());
  ck_assert(says(reader(64), "a text has 1 to 63 bytes"));
}
END_TEST

START_TEST(what_a_login_by_succession_asks) {
  const auto found = whole_config(
      "[succession]\nfeed = \"/f\"\nresolver = \"/r\"\nocsp_extension = \"2.999.1\"\noverlay = \"/o\"\n");
  ck_assert_msg(found.has_value(), "%s", found ? "" : found.error().c_str());
  ck_assert(found->succession.feed == "/f" && found->succession.resolver == "/r");
  ck_assert(found->succession.ocsp_extension == "2.999.1" && found->succession.overlay_directory == "/o");
  const auto nothing = whole_config("[succession]\nfeed = \"\"\nresolver = \"\"\nocsp_extension = \"\"\n");
  ck_assert(nothing && nothing->succession.feed.empty() && nothing->succession.resolver.empty());
}
END_TEST

START_TEST(a_pin_may_have_one_length) {
  const auto found =
      whole_config("[pkcs11]\nmodules = [\"opensc-pkcs11.so\"]\n" TOKEN
                   "pin_min_length = 6\npin_max_length = 6\npin_state = \"told\"\ntries = \"exact\"\n");
  ck_assert_msg(found.has_value(), "%s", found ? "" : found.error().c_str());
  const card::PinSettings& pin = found->tokens.at(0).pin;
  ck_assert(pin.min_length == 6 && pin.max_length == 6 && pin.state_told);
  ck_assert(pin.tries == card::TriesTold::kExactly && !pin.max_tries);
}
END_TEST

START_TEST(role_accounts_are_for_the_file) {
  const std::string by_directory = "[account]\nsource = \"ad\"\n", by_file = "[account]\nsource = \"file\"\n";
  const std::string roles = "role_accounts = [\"counter\"]\n";
  ck_assert(whole_config(by_directory)->account_source == config::AccountSource::kActiveDirectory);
  ck_assert(whole_config(by_file)->account_source == config::AccountSource::kFile);
  ck_assert(whole_config(by_file + roles)->role_accounts == std::vector<std::string>{"counter"});
  ck_assert(says(whole_config(by_directory + roles), "with \"ad\" use role_groups"));
}
END_TEST

START_TEST(lists_are_taken_up_to_the_most) {
  struct Row {
    std::string before;
    std::size_t most;
    std::string entry;
    const char* told;
  };
  const Row rows[] = {
      {"[ticket]\nkdcs = ", 16, "h", "ticket.kdcs holds more than 16 names"},
      {"[ticket]\nkdc_hostnames = ", 16, "h", "ticket.kdc_hostnames holds more than 16 names"},
      {SOURCE "urls = ", 8, "http://h/", "revocation.source.urls must name no more than 8"},
  };
  for (const Row& row : rows) {
    ck_assert_msg(whole_config(row.before + array_of(row.most, row.entry)).has_value(), "%s", row.told);
    ck_assert_msg(says(whole_config(row.before + array_of(row.most + 1, row.entry)), row.told), "%s",
                  row.told);
  }
}
END_TEST

// What goes into a krb5.conf.
START_TEST(names_of_hosts_have_letters_digits_and_little_else) {
  const auto of = [](const std::string& name) {
    return whole_config("[ticket]\nkdcs = " + array_of(1, name));
  };
  for (const char* good : {"azAZ09", "a-z.example", "[::1]:88"})
    ck_assert_msg(of(good).has_value(), "%s", good);
  for (const char* bad : {"a/", "a;", "a@", "a`", "a{", "a b", "-a", ".a"})
    ck_assert_msg(says(of(bad), "is not the name of a host"), "%s", bad);
  ck_assert(of(std::string(255, 'a')).has_value() && !of(std::string(256, 'a')));
}
END_TEST

START_TEST(a_token_is_named_by_any_of_its_words) {
  for (const char* word :
       {"modules = [\"opensc-pkcs11.so\"]\n", "manufacturer = \"12345678901234567890123456789012\"\n",
        "model = \"1234567890123456\"\n", "label = \"12345678901234567890123456789012\"\n"}) {
    const auto config = whole_config("[pkcs11]\nmodules = [\"opensc-pkcs11.so\"]\n[[token]]\nname = \"a\"\n" +
                                     std::string(word));
    ck_assert_msg(config && config->tokens.size() == 1, "%s", word);
  }
}
END_TEST

struct Number {
  const char* before;  // the table
  const char* key;
  std::int64_t least;
  std::int64_t most;
};

// What jpki.toml(5) says of each.
const Number kNumbers[] = {
    {"[login]\n", "expiry_notice_days", 0, 180},
    {"[session]\n", "grace_seconds", 0, 300},
    {"[unlock]\n", "max_age_minutes", 1, 1440},
    {"[unlock]\n", "min_locked_seconds", 0, 3600},
    {"[succession]\n", "resolver_timeout_ms", 100, 10000},
    {"[succession]\n", "overlap_days", 0, 180},
    {"[revocation]\n", "max_age_hours", 0, 8784},
    {"[revocation]\n", "clock_skew_seconds", 0, 3600},
    {SOURCE, "timeout_ms", 1, 60000},
    {SOURCE, "hedge_after_ms", 0, 60000},
    {"[fetch]\n", "connect_timeout_ms", 1, 60000},
    {"[ticket]\n", "timeout_seconds", 1, 10},
    {TOKEN, "pin_min_length", 1, 256},
    {TOKEN, "pin_max_length", 1, 256},
    {TOKEN, "max_tries", 2, 15},
};

START_TEST(numbers_are_taken_from_the_least_to_the_most) {
  const Number& number = kNumbers[_i];
  const auto told = [&](std::int64_t value) {
    Config config;
    const std::string text = std::string(number.before) + number.key + " = " + std::to_string(value) + "\n";
    const auto applied = config::apply_config(text, "jpki.toml", config);
    return applied ? std::string() : applied.error();
  };
  for (const std::int64_t taken : {number.least, number.most})
    ck_assert_msg(told(taken).empty(), "%s %lld: %s", number.key, static_cast<long long>(taken),
                  told(taken).c_str());
  const std::string range = std::string(number.key) + " must be a whole number from " +
                            std::to_string(number.least) + " to " + std::to_string(number.most);
  for (const std::int64_t refused : {number.least - 1, number.most + 1})
    ck_assert_msg(told(refused).find(range) != std::string::npos, "%s: %s", range.c_str(),
                  told(refused).c_str());
}
END_TEST

START_TEST(a_ticket_is_for_the_services_that_are_named) {
  Config config;
  ck_assert(!config.ticket.wanted_for("login") && !config.ticket.wanted_for(""));
  const char kText[] = "[ticket]\nservices = [\"login\"]\n";
  ck_assert(config::apply_config(kText, "jpki.toml", config).has_value());
  const auto without_realm = config::complete_config(config);
  ck_assert(!without_realm && without_realm.error().find("no realm") != std::string::npos);
  const char kMore[] = "[ticket]\nrealm = \"AD.TEST\"\nkdcs = [\"dc1.ad.test\", \"[::1]:88\"]\n";
  ck_assert(config::apply_config(kMore, "more.toml", config).has_value());
  ck_assert(config::complete_config(config).has_value());
  ck_assert(config.ticket.wanted_for("login") && !config.ticket.wanted_for("sudo"));
  ck_assert(!config.ticket.required && config.ticket.timeout == std::chrono::seconds(5));
}
END_TEST

// jpki-fetch understands what was accepted (fetch_rules_test.cc).
START_TEST(ipv6_addresses) {
  Config config;
  const auto applied = config::apply_config(
      "[[crl]]\nname = \"x\"\nurls = [\"http://[::1]:8080/x.crl\"]\n"
      "[fetch]\nhosts = [\"[::1]\", \"[2001:DB8::1]:8080\", \"[::ffff:10.0.0.1]:1\"]\n"
      "proxy = \"http://[::1]:3128\"\n",
      "jpki.toml", config);
  ck_assert_msg(applied.has_value(), "%s", applied ? "" : applied.error().c_str());
  ck_assert_uint_eq(config.fetch.hosts.size(), 3);
  const auto urls = config::configured_urls(config);
  ck_assert(fetch::resolve_url("http://[2001:db8::1]:8080/", config.fetch, urls).has_value());
  ck_assert(fetch::resolve_url("https://[::1]/", config.fetch, urls).has_value());
  ck_assert(fetch::resolve_url("http://[::1]:8080/y", config.fetch, urls).has_value());
  ck_assert(!fetch::resolve_url("http://[::1]:8081/", config.fetch, urls).has_value());
}
END_TEST

void expect_sources(const Config& config) {
  ck_assert_uint_eq(config.sources.size(), 3);
  const schedule::SourceRule& ocsp = config.sources[0];
  ck_assert_str_eq(ocsp.name.c_str(), "platform");
  ck_assert(ocsp.type == schedule::SourceType::kOcsp && ocsp.urls.size() == 2 && ocsp.segment == "lgwan");
  ck_assert(ocsp.hours.hours.size() == 2 && ocsp.hours.weekdays.size() == 2);
  ck_assert(ocsp.freshness == schedule::Freshness::kCached && ocsp.max_age == std::chrono::minutes(10));
  ck_assert(ocsp.timeout == std::chrono::milliseconds(1500) &&
            ocsp.hedge_after == std::chrono::milliseconds(300));
  ck_assert(ocsp.sha256_cert_id && !ocsp.nonce && ocsp.responders == "/r" && ocsp.tls_trust == "platform");
  const schedule::SourceRule& cvs = config.sources[1];
  ck_assert(ocsp.by_get && !cvs.by_get);
  ck_assert(cvs.type == schedule::SourceType::kCvs && cvs.nonce && cvs.tls_trust == "cvs");
  ck_assert(cvs.freshness == schedule::Freshness::kHard && cvs.hours.zone.name() == "UTC");
  ck_assert(config.sources[2].type == schedule::SourceType::kCrl);
  ck_assert(config.sources[2].max_age == std::chrono::hours(24));
}

void expect_fetch(const Config& config) {
  ck_assert(config.crl_downloads.size() == 1 && config.crl_downloads[0].name == "chiyoda");
  ck_assert(config.crl_downloads[0].urls.size() == 2 && config.crl_downloads[0].tls_trust == "platform");
  ck_assert(config.fetch.hosts == std::vector<std::string>{"10.0.0.1:8080"});
  ck_assert_str_eq(config.fetch.proxy.c_str(), "http://proxy.example.jp:3128");
  ck_assert(config.fetch.connect_timeout == std::chrono::milliseconds(700));
  ck_assert(config.fetch.rewrites.size() == 1 && config.fetch.rewrites[0].to == "http://10.0.0.1:8080/");
  ck_assert(config.fetch.tls_trust.size() == 2 && config.fetch.tls_trust.at("cvs") == "/t/c.pem");
  ck_assert_uint_eq(config::configured_urls(config).size(), 5);
}

START_TEST(every_key_is_read) {
  Config config;
  const auto applied = config::apply_config(R"(
[pkcs11]
modules = ["/usr/lib/softhsm/libsofthsm2.so", "opensc-pkcs11.so"]
module_files = ["/var/lib/softhsm"]
module_threads = true
[login]
kinds = ["jpki-authentication", "lgpki-user"]
[[kind]]
kind = "lgpki-user"
policy = "2.999.1"
[[kind]]
kind = "mail"
policy = "2.999.2"
[trust]
anchors = "/a"
intermediates = "/m"
[revocation]
crls = "/b"
max_age_hours = 36
clock_skew_seconds = 60
segment = "lgwan"
index = "/i"
evidence = "/e"
[[revocation.source]]
name = "platform"
type = "ocsp"
urls = ["http://ocsp.example.jp/", "https://b.example.jp:8443/ocsp"]
hours = ["08:30-17:15", "22:00-06:00"]
weekdays = ["mon", "fri"]
time_zone = "Asia/Tokyo"
segment = "lgwan"
freshness = "cached"
max_age_minutes = 10
timeout_ms = 1500
hedge_after_ms = 300
method = "get"
cert_id = "sha256"
responders = "/r"
tls = "platform"
[[revocation.source]]
name = "cvs"
type = "cvs"
urls = ["https://cvs.example.jp/"]
nonce = true
time_zone = "UTC"
tls = "cvs"
[[revocation.source]]
name = "crl"
type = "crl"
max_age_minutes = 1440
[[crl]]
name = "chiyoda"
urls = ["http://crl.example.jp/c.crl", "ldap://ldap.example.jp/ou=x?certificateRevocationList"]
tls = "platform"
[fetch]
hosts = ["10.0.0.1:8080"]
proxy = "http://proxy.example.jp:3128"
connect_timeout_ms = 700
[[fetch.rewrite]]
from = "http://ocsp.jpki.example/"
to = "http://10.0.0.1:8080/"
[fetch.tls]
platform = "/t/p.pem"
cvs = "/t/c.pem"
[account]
map = "/c"
[[seat]]
name = "counter-2"
seats = ["seat1"]
terminals = ["tty3", ":1"]
services = ["login"]
readers = ["R 01 00"]
[[seat]]
name = "client-1"
origins = ["::ffff:192.0.2.21"]
p11_kit_server = "unix:path=/s/1"
[[seat]]
name = "desktops"
opened_by = ["xrdp-sesman"]
pcsc_socket = "/s/{uid}/{display}"
[log]
pseudonym_key = "/d"
)",
                                            "jpki.toml", config);
  ck_assert_msg(applied.has_value(), "%s", applied ? "" : applied.error().c_str());
  ck_assert_uint_eq(config.pkcs11_modules.size(), 2);
  using Texts = std::vector<std::string>;
  ck_assert_uint_eq(config.seats.size(), 3);
  ck_assert(config.seats[0].name == "counter-2" && config.seats[0].seats == Texts{"seat1"});
  ck_assert((config.seats[0].terminals == Texts{"tty3", ":1"}) && config.seats[0].services == Texts{"login"});
  ck_assert(config.seats[0].readers == Texts{"R 01 00"} && config.seats[0].server.empty());
  ck_assert(config.seats[1].origins == Texts{"192.0.2.21"} && config.seats[1].server == "unix:path=/s/1");
  ck_assert(config.seats[2].opened_by == Texts{"xrdp-sesman"});
  ck_assert_str_eq(config.seats[2].pcsc_socket.c_str(), "/s/{uid}/{display}");
  ck_assert(config.module_files == std::vector<std::string>{"/var/lib/softhsm"} && config.module_threads);
  ck_assert((config.login_kinds == std::vector{x509::Kind::kJpkiAuthentication, x509::Kind::kLgpkiUser}));
  ck_assert_uint_eq(config.kind_rules.size(), 2);
  ck_assert(config.kind_rules[1].kind == x509::Kind::kMail && config.kind_rules[1].policy == "2.999.2");
  ck_assert_str_eq(config.anchors_directory.c_str(), "/a");
  ck_assert_str_eq(config.crl_directory.c_str(), "/b");
  ck_assert(config.crl_max_age == std::chrono::hours(36));
  ck_assert(config.clock_skew == std::chrono::seconds(60));
  ck_assert_str_eq(config.account_map_file.c_str(), "/c");
  ck_assert_str_eq(config.pseudonym_key_file.c_str(), "/d");
  ck_assert_str_eq(config.intermediates_directory.c_str(), "/m");
  ck_assert_str_eq(config.segment.c_str(), "lgwan");
  ck_assert_str_eq(config.crl_index_file.c_str(), "/i");
  ck_assert_str_eq(config.evidence_directory.c_str(), "/e");
  expect_sources(config);
  expect_fetch(config);
  ck_assert(config::complete_config(config).has_value());
}
END_TEST

START_TEST(names_of_tls_anchors_must_exist) {
  for (const char* text :
       {SOURCE "tls = \"t\"\n", "[[crl]]\nname = \"x\"\nurls = [\"https://h/\"]\ntls = \"t\"\n"}) {
    Config config;
    ck_assert(config::apply_config(text, "jpki.toml", config).has_value());
    const auto complete = config::complete_config(config);
    ck_assert(!complete.has_value());
    ck_assert_msg(complete.error().find("x has tls = \"t\", but [fetch.tls]") != std::string::npos, "%s",
                  complete.error().c_str());
    config.fetch.tls_trust["t"] = "/t.pem";
    ck_assert(config::complete_config(config).has_value());
  }
}
END_TEST

START_TEST(smartphones_are_of_who_is_named_and_need_our_module) {
  Config config;
  ck_assert(!config.smartphone.enabled());
  ck_assert(config::apply_config("[smartphone]\naccounts = [\"taro\"]\n", "jpki.toml", config).has_value());
  ck_assert(config.smartphone.enabled() && config.smartphone.names("taro"));
  ck_assert(!config.smartphone.names("Taro") && !config.smartphone.names("tar") &&
            !config.smartphone.names(""));
  ck_assert(config::complete_config(config).has_value());
  ck_assert_uint_eq(config.problems.size(), 1);  // which stops nobody
  for (const char* module : {"jpki-pkcs11.so", "/opt/lib/jpki-pkcs11.so"}) {
    config.pkcs11_modules = {"opensc-pkcs11.so", module};
    config.problems.clear();
    ck_assert(config::complete_config(config).has_value());
    ck_assert(config.problems.empty());
  }
  Config of_groups;
  ck_assert(config::apply_config("[smartphone]\ngroups = [\"staff\"]\n", "jpki.toml", of_groups).has_value());
  ck_assert(of_groups.smartphone.enabled() && !of_groups.smartphone.names("staff"));
}
END_TEST

START_TEST(without_sources_the_crls_decide) {
  Config config;
  ck_assert(config::complete_config(config).has_value());
  ck_assert_uint_eq(config.sources.size(), 1);
  ck_assert(config.sources[0].type == schedule::SourceType::kCrl && config.sources[0].hours.hours.empty());
  ck_assert(config.sources[0].max_age >= std::chrono::days(366));
}
END_TEST

START_TEST(holidays_are_read_with_the_file_and_a_spoilt_one_stops_nobody) {
  const test::TemporaryDirectory directory;
  const std::string file = directory.write("holidays", "# 2026\n2026-11-23\n\n2027-01-01  # New Year\n");
  Config config;
  const std::string text = SOURCE "holidays = \"" + file + "\"\n";
  ck_assert(config::apply_config(text, "jpki.toml", config, own_files()).has_value());
  ck_assert_uint_eq(config.sources[0].hours.closed.size(), 2);
  directory.write("holidays", "2026-11-23\n2026-02-30\n");
  const auto applied = config::apply_config(text, "jpki.toml", config = {}, own_files());
  ck_assert(applied.has_value() && config.sources[0].hours.closed.empty() && config.problems.size() == 1);
  ck_assert(config.problems[0].find("/holidays:2: is not a date") != std::string::npos);
  std::filesystem::remove(file);
  ck_assert(config::apply_config(text, "jpki.toml", config = {}, own_files()).has_value());
  ck_assert(config.problems.size() == 1 &&
            config.problems[0].find("holidays cannot be used") != std::string::npos);
}
END_TEST

START_TEST(an_empty_file_gives_the_defaults) {
  Config config;
  ck_assert(config::apply_config("", "jpki.toml", config).has_value());
  const Config defaults;
  ck_assert(config.pkcs11_modules == defaults.pkcs11_modules && config.login_kinds == defaults.login_kinds);
  ck_assert(config.account_source == defaults.account_source);
  ck_assert(config::complete_config(config).has_value() && config.problems.empty());
}
END_TEST

START_TEST(drop_in_files_come_later_and_win) {
  const test::TemporaryDirectory directory;
  const std::string file =
      directory.write("jpki.toml", "[revocation]\nmax_age_hours = 1\n[trust]\nanchors = \"/x\"\n");
  std::filesystem::create_directory(file + ".d");
  directory.write("jpki.toml.d/20.toml", "[revocation]\nmax_age_hours = 3\n");
  directory.write("jpki.toml.d/10.toml",
                  "[revocation]\nmax_age_hours = 2\n[[kind]]\nkind = \"mail\"\npolicy = \"1.2\"\n");
  directory.write("jpki.toml.d/30.txt", "not read");
  const auto config = config::load_config(file, own_files());
  ck_assert_msg(config.has_value(), "%s", config ? "" : config.error().c_str());
  ck_assert(config->crl_max_age == std::chrono::hours(3));
  ck_assert_uint_eq(config->kind_rules.size(), 1);
  ck_assert_str_eq(config->anchors_directory.c_str(), "/x");
}
END_TEST

START_TEST(unsafe_and_missing_files_are_told_by_name) {
  const test::TemporaryDirectory directory;
  const auto says = [](const Expected<Config, std::string>& config, const char* text) {
    return !config.has_value() && config.error().find(text) != std::string::npos;
  };
  ck_assert(
      says(config::load_config(directory.path("absent.toml"), own_files()), "absent.toml: No such file"));
  ck_assert(says(config::load_config("jpki.toml", own_files()), "absolute path"));
  const std::string file = directory.write("jpki.toml", "", std::filesystem::perms(0664));
  ck_assert(says(config::load_config(file, own_files()), "chmod go-w"));
  std::filesystem::permissions(file, std::filesystem::perms(0644));
  ck_assert(config::load_config(file, own_files()).has_value());
  std::filesystem::create_directory(file + ".d");
  directory.write("jpki.toml.d/a.toml", "x = 1\n");
  ck_assert(says(config::load_config(file, own_files()), "jpki.toml.d/a.toml:1: x is not"));
  directory.write("jpki.toml.d/a.toml", "");
  ck_assert(config::load_config(file, own_files()).has_value());
  directory.write("jpki.toml.d/b.toml", "", std::filesystem::perms(0666));
  ck_assert(says(config::load_config(file, own_files()), "jpki.toml.d/b.toml"));
  std::filesystem::remove(file + ".d/b.toml");
  std::filesystem::permissions(file + ".d", std::filesystem::perms(0777));
  ck_assert(says(config::load_config(file, own_files()), "jpki.toml.d"));
}
END_TEST

START_TEST(date_times_need_an_offset) {
  auto document =
      settings::TomlDocument::parse("a = 2033-07-15T00:00:00+09:00\nb = 2033-07-15T00:00:00\n", "x");
  ck_assert(document.has_value());
  std::optional<Time> a;
  std::optional<Time> b;
  auto root = document->root();
  root.get("a", a);
  ck_assert(!document->problem().has_value());
  ck_assert_int_eq(a->time_since_epoch().count(), 2004966000);
  root.get("b", b);
  ck_assert(!b.has_value() && document->problem()->starts_with("x:2: b must be a date-time with an offset"));
}
END_TEST

Suite* config_suite() {
  Suite* suite = suite_create("config");
  TCase* tests = tcase_create("config");
  tcase_add_loop_test(tests, every_mistake_is_told_with_its_line, 0, static_cast<int>(std::size(kRefused)));
  tcase_add_test(tests, what_is_left_out_of_a_download_is_as_it_is_by_itself);
  tcase_add_test(tests, names_are_lower_case_letters_digits_and_hyphens);
  tcase_add_test(tests, texts_are_taken_up_to_the_longest);
  tcase_add_test(tests, what_a_login_by_succession_asks);
  tcase_add_test(tests, a_pin_may_have_one_length);
  tcase_add_test(tests, role_accounts_are_for_the_file);
  tcase_add_test(tests, lists_are_taken_up_to_the_most);
  tcase_add_test(tests, names_of_hosts_have_letters_digits_and_little_else);
  tcase_add_test(tests, a_token_is_named_by_any_of_its_words);
  tcase_add_loop_test(tests, numbers_are_taken_from_the_least_to_the_most, 0,
                      static_cast<int>(std::size(kNumbers)));
  tcase_add_test(tests, ipv6_addresses);
  tcase_add_test(tests, a_ticket_is_for_the_services_that_are_named);
  tcase_add_test(tests, every_key_is_read);
  tcase_add_test(tests, names_of_tls_anchors_must_exist);
  tcase_add_test(tests, smartphones_are_of_who_is_named_and_need_our_module);
  tcase_add_test(tests, without_sources_the_crls_decide);
  tcase_add_test(tests, holidays_are_read_with_the_file_and_a_spoilt_one_stops_nobody);
  tcase_add_test(tests, an_empty_file_gives_the_defaults);
  tcase_add_test(tests, drop_in_files_come_later_and_win);
  tcase_add_test(tests, unsafe_and_missing_files_are_told_by_name);
  tcase_add_test(tests, date_times_need_an_offset);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(config_suite());
}
