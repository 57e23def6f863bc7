// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Prints every key that the configuration readers know, one line "PAGE TABLE KEY" each (TABLE is "." at the
// top level), for documented.py. The readers tell them themselves, when they refuse a key that they do not
// know.
#include "greeter/settings.h"
#include "nss_ad/config/ad_config.h"
#include "validator/config/config.h"
#include "validator/trust/trust_store.h"

#include <cstdio>
#include <functional>
#include <iterator>
#include <string>

namespace {

using namespace jpki;

using Problem = std::string;
using Read = std::function<Problem(const std::string& text)>;

// A table, and what it must have so that the unknown key is the first mistake.
struct Table {
  const char* name;
  const char* head;
};

constexpr char kUnknown[] = "\nan_unknown_key_of_the_test = 1\n";
constexpr char kList[] = "known here: ";

constexpr Table kJpki[] = {
    {".", ""},
    {"pkcs11", "[pkcs11]"},
    {"login", "[login]"},
    {"kind", "[[kind]]\nkind = 'lgpki-user'\npolicy = '2.999.1'"},
    {"trust", "[trust]"},
    {"revocation", "[revocation]"},
    {"revocation.source", "[[revocation.source]]\nname = 'a'\ntype = 'ocsp'"},
    {"crl", "[[crl]]\nname = 'a'\nurls = ['http://a/']"},
    {"session", "[session]"},
    {"token", "[[token]]\nname = 'a'\nmodel = 'a'"},
    {"seat", "[[seat]]\nname = 'a'\nseats = ['seat1']\nreaders = ['a']"},
    {"unlock", "[unlock]"},
    {"ticket", "[ticket]"},
    {"succession", "[succession]"},
    {"self_registration", "[self_registration]"},
    {"smartphone", "[smartphone]"},
    {"fetch", "[fetch]"},
    {"fetch.rewrite", "[[fetch.rewrite]]\nfrom = 'http://a/'\nto = 'http://b/'"},
    {"account", "[account]"},
    {"log", "[log]"},
};
constexpr Table kAd[] = {
    {".", ""},
    {"directory", "[directory]"},
    {"ids", "[ids]"},
    {"users", "[users]"},
    {"groups", "[groups]"},
    {"account", "[account]"},
    {"account.rule", "[[account.rule]]\nallowed_groups = ['a']"},
    {"certificates", "[certificates]"},
};
constexpr char kAnchorRules[] =
    "certificate = 'a.pem'\nkinds = ['lgpki-user']\n"
    "sha256 = '0000000000000000000000000000000000000000000000000000000000000000'\n";

bool tell(const char* page, const std::string& table, const Problem& problem) {
  const auto at = problem.find(kList);
  if (at == problem.npos) {
    std::fprintf(stderr, "%s %s: no list of known keys in: %s\n", page, table.c_str(), problem.c_str());
    return false;
  }
  std::string rest = problem.substr(at + std::size(kList) - 1);
  for (std::size_t end = 0; end != rest.npos; rest.erase(0, end == rest.npos ? end : end + 2)) {
    end = rest.find(", ");
    std::printf("%s %s %s\n", page, table.c_str(), rest.substr(0, end).c_str());
  }
  return true;
}

template <std::size_t kSize>
bool tell_all(const char* page, const Table (&tables)[kSize], const Read& read) {
  bool good = true;
  for (const Table& table : tables)
    good = tell(page, table.name, read(std::string(table.head) + kUnknown)) && good;
  return good;
}

Problem read_jpki(const std::string& text) {
  config::Config config;
  const auto applied = config::apply_config(text, "jpki.toml", config);
  return applied ? Problem() : applied.error();
}

Problem read_ad(const std::string& text) {
  ad::config::AdConfig config;
  const auto applied = ad::config::apply_ad_config(text, "ad.toml", config);
  return applied ? Problem() : applied.error();
}

Problem read_greeter(const std::string& text) {
  const auto read = greeter::parse_settings(text, "greeter.toml");
  return read ? Problem() : read.error();
}

Problem read_anchor(const std::string& text) {
  const auto none = [](const std::string&) -> Expected<Blob, std::string> {
    return Unexpected{std::string("no certificate")};
  };
  const auto anchor = trust::decode_anchor(text, "/anchors.d/a.toml", none);
  return anchor ? Problem() : anchor.error();
}

}  // namespace

int main() {
  bool good = tell_all("jpki.toml", kJpki, read_jpki);
  good = tell_all("ad.toml", kAd, read_ad) && good;
  good = tell("jpki-greeter", ".", read_greeter(kUnknown)) && good;
  good = tell("jpki-anchors", ".", read_anchor(std::string(kAnchorRules) + kUnknown)) && good;
  good = tell("jpki-anchors", "constraints",
              read_anchor(std::string(kAnchorRules) + "[constraints]" + kUnknown)) &&
         good;
  return good ? 0 : 1;
}
