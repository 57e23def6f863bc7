// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/jpkictl/doctor_facts.h"

#include "jpkictl/doctor/file_rules.h"
#include "jpkictl/doctor/gather.h"

namespace jpki::test {
namespace {

using namespace ctl::doctor;
using Kind = FileFact::Kind;
using Line = CheckReport::Line;
using Reason = fetch::FetchError::Reason;
using Break = std::function<void(Facts&)>;

constexpr uid_t kHelper = 990;
constexpr uid_t kGuard = 989;
const Time kNow{std::chrono::seconds(1795957200)};

uid_t id_of(Who who) {
  switch (who) {
    case Who::kRoot:
      return 0;
    case Who::kHelper:
      return kHelper;
    case Who::kGuard:
      return kGuard;
  }
  return 0;
}

void obey(const FileRule& rule, Facts& facts) {
  facts.files[rule.path] = {rule.kind, id_of(rule.owner), id_of(rule.group), rule.mode, kNow};
}

FileFact file(mode_t mode, gid_t group = 0) {
  return {Kind::kRegular, 0, group, mode, kNow};
}

Break missing(const std::string& path) {
  return [path](Facts& facts) { facts.files[path] = {}; };
}
Break mode(const std::string& path, mode_t bits) {
  return [path, bits](Facts& facts) { facts.files[path].mode = bits; };
}
Break foreign(const std::string& path, uid_t owner, gid_t group) {
  return [path, owner, group](Facts& facts) {
    facts.files[path].owner = owner;
    facts.files[path].group = group;
  };
}
Break error(std::string_view subject, const std::string& text) {
  return [=](Facts& facts) {
    facts.check->push_back({Line::Kind::kError, Verdict::kInternal, text, subject});
  };
}
Break warning(std::string_view subject, const std::string& text) {
  return [=](Facts& facts) {
    facts.check->push_back({Line::Kind::kWarning, Verdict::kAccepted, text, subject});
  };
}
Break missing_and(const std::string& path, const Break& also) {
  return [=](Facts& facts) {
    facts.files[path] = {};
    also(facts);
  };
}
Break word(const std::string& option) {
  return [option](Facts& facts) { facts.pam.front().options.push_back(option); };
}
Break server(Reason reason) {
  return [reason](Facts& facts) {
    facts.sources.push_back(
        {.name = "platform", .host = "ocsp.example.jp", .trouble = reason, .text = "no answer"});
  };
}
Break unit(const char* name, const char* active, const char* enabled) {
  return [=](Facts& facts) { (*facts.units)[name] = {active, enabled}; };
}
Break control(std::size_t line, const char* text) {
  return [=](Facts& facts) { facts.pam[line].control = text; };
}

const std::string kLibexec = JPKI_LIBEXECDIR "/";
const std::string kState = JPKI_STATEDIR;
const std::string kEtc = JPKI_SYSCONFDIR;

std::map<std::string, Break> of_host() {
  std::map<std::string, Break> all{
      {"module-missing", missing(JPKI_PAMDIR "/pam_jpki.so")},
      {"module-unreadable", mode(JPKI_PAMDIR "/pam_jpki.so", 0600)},
      {"module-writable", mode(JPKI_PAMDIR "/pam_jpki.so", 0777)},
      {"pam-no-line", [](Facts& facts) { facts.pam.clear(); }},
      {"pam-file-writable", mode("/etc/pam.d/lab", 0666)},
      {"pam-optional", control(0, "optional")},
      {"pam-account-optional", control(1, "optional")},
      {"pam-account-sufficient", control(1, "sufficient")},
      {"pam-option-unknown", word("no_such_option")},
      {"pam-option-value", word("min_uid=many")},
      {"pam-option-file", word("config_file=/etc/jpki/gone.toml")},
      {"helper-user-missing", [](Facts& facts) { facts.helper.reset(); }},
      {"helper-user-root", [](Facts& facts) { facts.helper->uid = 0; }},
      {"validator-not-executable", mode(kLibexec + "jpki-validator", 0644)},
      {"validator-writable", mode(kLibexec + "jpki-validator", 0777)},
      {"validator-foreign", foreign(kLibexec + "jpki-validator", 2001, 0)},
      {"etc-writable", mode(kEtc, 0777)},
      {"state-closed", mode(kState, 0700)},
      {"revocation-closed", mode(kState + "/revocation", 0700)},
      {"revocation-foreign", foreign(kState + "/revocation", 0, 0)},
      {"evidence-missing", missing(kState + "/evidence")},
      {"evidence-foreign", foreign(kState + "/evidence", 0, 0)},
      {"evidence-open", mode(kState + "/evidence", 0755)},
      {"run-writable", mode("/run/jpki", 0777)},
      {"cards-missing", missing("/run/jpki/cards")},
      {"cards-a-file", [](Facts& facts) { facts.files["/run/jpki/cards"].kind = Kind::kRegular; }},
      {"disk-full", [](Facts& facts) { facts.free_bytes = 4096; }},
      {"disk-no-inodes", [](Facts& facts) { facts.free_inodes = 3; }},
      {"opensc-conf-missing",
       error(subject::kOpenscConf,
             "/usr/share/jpki/opensc.conf: No such file or directory; reinstall the package: …")},
      {"opensc-conf-writable", error(subject::kOpenscConf,
                                     "/usr/share/jpki/opensc.conf: writable by group or others; run: chmod "
                                     "go-w /usr/share/jpki/opensc.conf; reinstall the package: …")},
      {"config-missing",
       missing_and(kEtc + "/jpki.toml",
                   error(subject::kConfiguration, "/etc/jpki/jpki.toml: No such file or directory"))},
      {"config-wrong-key",
       error(subject::kConfiguration, "/etc/jpki/jpki.toml.d/zz.toml:1: unknown key colour")},
      {"config-writable",
       error(subject::kConfiguration,
             "/etc/jpki/jpki.toml: writable by group or others; run: chmod go-w /etc/jpki/jpki.toml")},
      {"config-foreign",
       error(subject::kConfiguration,
             "/etc/jpki/jpki.toml: not owned by root; run: chown root /etc/jpki/jpki.toml")},
      {"clock-behind",
       [](Facts& facts) {
         facts.files[kState + "/revocation/crl.idx"].changed = kNow + std::chrono::hours(24);
       }},
  };
  for (const char* program :
       {"jpki-validator", "jpki-fetch", "jpki-fetch-curl", "jpki-relay", "jpki-account", "jpki-account-live"})
    all.emplace(std::string(program) + "-missing", missing(kLibexec + program));
  return all;
}

std::map<std::string, Break> of_card() {
  const auto card = [](auto change) { return [change](Facts& facts) { change(facts.card); }; };
  return {
      {"polkit-rule-missing", missing(kPolkitRule)},
      {"polkit-rule-unreadable", mode(kPolkitRule, 0600)},
      {"pcscd-missing",
       missing_and(kCardDaemon, card([](CardFacts& f) { f.service = CardFacts::Service::kDown; }))},
      {"pcscd-down", card([](CardFacts& f) {
         f = {.service = CardFacts::Service::kDown, .service_says = "SCardEstablishContext: …"};
       })},
      {"pcscd-silent", card([](CardFacts& f) { f = {.service = CardFacts::Service::kSilent}; })},
      {"opensc-missing", error(subject::kModules, "opensc-pkcs11.so: cannot be loaded")},
      {"no-reader", card([](CardFacts& f) { f = {.service = CardFacts::Service::kAnswers}; })},
      {"reader-held", card([](CardFacts& f) {
         f = {.service = CardFacts::Service::kAnswers, .readers = 1, .card = CardFacts::Card::kHeldByOther};
       })},
      {"card-silent", card([](CardFacts& f) {
         f = {.service = CardFacts::Service::kAnswers, .readers = 1, .card = CardFacts::Card::kSilent};
       })},
      {"pin-locked", card([](CardFacts& f) { f.tries_left = 0; })},
      {"pin-last-try", card([](CardFacts& f) { f.tries_left = 1; })},
      {"certificate-expired", card([](CardFacts& f) { f.certificate = Verdict::kCertificateExpired; })},
      {"certificate-untrusted", card([](CardFacts& f) { f.certificate = Verdict::kCertificateUntrusted; })},
  };
}

std::map<std::string, Break> of_trust() {
  return {
      {"anchors-none", error(subject::kAnchors, "/etc/jpki/anchors.d: contains no anchor")},
      {"anchor-exchanged",
       error(subject::kAnchors,
             "/etc/jpki/anchors.d/a.toml: the certificate does not have that fingerprint")},
      {"anchor-writable", error(subject::kAnchors,
                                "/etc/jpki/anchors.d/jpki-auth-g1.toml: writable by group or others; run: "
                                "chmod go-w /etc/jpki/anchors.d/jpki-auth-g1.toml")},
      {"anchor-wrong-key",
       error(subject::kAnchors, "/etc/jpki/anchors.d/jpki-auth-g1.toml:1: unknown key colour")},
      {"window-over",
       warning(subject::kWindows, "no anchor in force vouches for certificates of kind jpki-authentication")},
      {"site-key-missing",
       missing_and(kEtc + "/pseudonym.key",
                   error(subject::kSiteKey, "/etc/jpki/pseudonym.key: No such file or directory"))},
      {"site-key-open",
       error(subject::kSiteKey,
             "/etc/jpki/pseudonym.key: readable by others; run: chmod o-r /etc/jpki/pseudonym.key")},
      {"memory-unusable",
       error(subject::kRevokedMemory, "/var/lib/jpki/evidence/revoked: Input/output error")},
      {"index-missing",
       error(subject::kCrlIndex,
             "/var/lib/jpki/revocation/crl.idx: No such file or directory; run: jpki-crl-refresh")},
      {"index-damaged", error(subject::kCrlIndex, "/var/lib/jpki/revocation/crl.idx: damaged")},
      {"crls-old", warning(subject::kCrlAge,
                           "crl.idx: 3 CRL(s) older than 48 h or past nextUpdate; run: jpki-crl-refresh -v")},
      {"crl-timer-off", unit(kCrlTimer, "inactive", "disabled")},
      {"crl-run-failed", unit(kCrlService, "failed", "static")},
      {"night-without-source",
       [](Facts& facts) {
         facts.gap = Gap{"2026-11-29 18:00 +0900", "2026-11-30 08:30 +0900"};
       }},
      {"tls-anchor-missing", error(subject::kTlsAnchors, "/etc/jpki/tls.pem: No such file or directory")},
      {"tls-anchor-writable",
       error(subject::kTlsAnchors,
             "/etc/jpki/tls.pem: writable by group or others; run: chmod go-w /etc/jpki/tls.pem")},
      {"server-unreachable", server(Reason::kUnreachable)},
      {"server-behind-proxy",
       [](Facts& facts) {
         server(Reason::kTimeout)(facts);
         facts.proxy = "http://proxy:3128";
       }},
      {"server-forbidden", server(Reason::kForbidden)},
      {"server-tls", server(Reason::kTls)},
      {"fetch-not-started", server(Reason::kNotStarted)},
      {"intermediate-junk",
       warning(subject::kAuxiliary,
               "/etc/jpki/intermediates.d/junk.pem: no certificate; logins work without it")},
  };
}

std::map<std::string, Break> of_account_and_desk() {
  return {
      {"map-missing",
       missing_and(kEtc + "/accounts.map",
                   error(subject::kAccounts, "/etc/jpki/accounts.map: No such file or directory"))},
      {"map-open",
       error(subject::kAccounts,
             "/etc/jpki/accounts.map: readable by others; run: chmod o-r /etc/jpki/accounts.map")},
      {"map-line", error(subject::kAccounts, "/etc/jpki/accounts.map:1: <SKI> is too short")},
      {"map-names",
       warning(subject::kAccounts, "/etc/jpki/accounts.map: account taro does not exist on this machine")},
      {"ad-wrong-key", error(subject::kDirectoryConfiguration, "/etc/jpki/ad.toml:3: unknown key colour")},
      {"keytab-missing", missing("/etc/krb5.keytab")},
      {"keytab-open", mode("/etc/krb5.keytab", 0644)},
      {"snapshots-missing",
       error(subject::kSnapshots, "/var/lib/jpki/ad/users.snap: does not exist; run: nss-ad-refresh")},
      {"snapshot-old",
       error(subject::kSnapshotAge, "the snapshot of the directory is 200 h old; run: nss-ad-refresh")},
      {"bindings-none",
       warning(subject::kBindings, "/var/lib/jpki/ad: no altSecurityIdentities binds a certificate")},
      {"rule-group", warning(subject::kAccountRules,
                             "allowed_groups in ad.toml names x; correct it, or run: nss-ad-refresh")},
      {"ad-timer-off", unit(kDirectoryTimer, "inactive", "disabled")},
      {"nss-module-missing", missing(JPKI_NSSDIR "/libnss_ad.so.2")},
      {"nsswitch-passwd", [](Facts& facts) { facts.nsswitch["passwd"] = {"files"}; }},
      {"nsswitch-group", [](Facts& facts) { facts.nsswitch["group"] = {"files"}; }},
      {"pam-no-account", [](Facts& facts) { facts.pam.pop_back(); }},
      {"catalogue-missing", missing(rule_of_catalogue().path)},
      {"locale-missing", [](Facts& facts) { facts.japanese_locale = false; }},
      {"greeter-missing", missing("/usr/sbin/jpki-greeter")},
      {"greeter-pam-missing", missing("/etc/pam.d/lightdm-jpki")},
      {"greeter-settings-writable", mode(kEtc + "/greeter.toml", 0666)},
      {"greeter-other", [](Facts& facts) { facts.other_greeters = {"/etc/lightdm/lightdm.conf:2"}; }},
      {"locker-socket-down", unit(kLockerSocket, "inactive", "enabled")},
      {"account-socket-down", unit(kAccountSocket, "inactive", "enabled")},
      {"locker-socket-closed", mode(kLockerSocketFile, 0600)},
      {"records-closed-to-lockers", [](Facts& facts) { facts.records = {}; }},
      {"records-open-to-others", [](Facts& facts) { facts.records.users[1] = 05; }},
      {"guard-user-missing", [](Facts& facts) { facts.guard.reset(); }},
      {"guard-down", unit(kGuardService, "inactive", "enabled")},
      {"sessions-missing", missing("/run/jpki/sessions")},
      {"request-key-open", mode(kEtc + "/request.key", 0644)},
      {"request-hosts-writable", mode(kEtc + "/request-hosts.d", 0777)},
  };
}

}  // namespace

Facts good_facts() {
  Facts facts;
  facts.now = kNow;
  facts.config_file = kEtc + "/jpki.toml";
  facts.site_key = kEtc + "/pseudonym.key";
  facts.helper = User{kHelper, kHelper};
  facts.guard = User{kGuard, kGuard};
  for (const auto rules : {rules_of_module(), rules_of_programs(), rules_of_directories(), rules_of_greeter(),
                           rules_of_requests()})
    for (const FileRule& rule : rules) obey(rule, facts);
  for (const FileRule* rule : {&rule_of_name_service_module(), &rule_of_sessions(), &rule_of_catalogue()})
    obey(*rule, facts);
  for (const std::string path :
       {kCardDaemon, kPolkitDaemon, kPolkitRule, kLightdm, kGreeterSettings, "/etc/pam.d/lab"})
    facts.files[path] = file(0644);
  for (const std::string& path : {kEtc + "/accounts.map", facts.config_file, facts.site_key})
    facts.files[path] = file(0640, kHelper);
  facts.files["/etc/krb5.keytab"] = file(0600);
  for (const char* path : {kLockerSocketFile, kAccountSocketFile})
    facts.files[path] = {Kind::kSocket, 0, 0, 0666, kNow};
  facts.files[kState + "/revocation/crl.idx"] = file(0640, kHelper);
  facts.pam = {{"/etc/pam.d/lab", 1, "auth", "requisite", {"timeout=6"}},
               {"/etc/pam.d/lab", 2, "account", "requisite", {"timeout=6"}}};
  facts.records.users = {{kHelper, 05}};
  facts.new_records.users = {{kHelper, 04}};
  facts.nsswitch = {{"passwd", {"files", "ad"}}, {"group", {"files", "ad"}}};
  facts.units.emplace();
  for (const char* name : {kCrlTimer, kDirectoryTimer, kLockerSocket, kAccountSocket, kGuardService})
    (*facts.units)[name] = {"active", "enabled"};
  for (const char* name : {kCrlService, kDirectoryService}) (*facts.units)[name] = {"inactive", "static"};
  facts.check.emplace();
  facts.card = {.service = CardFacts::Service::kAnswers,
                .service_says = {},
                .readers = 1,
                .card = CardFacts::Card::kMyNumber,
                .tries_left = 3,
                .certificate = Verdict::kAccepted};
  facts.directory = {.used = true, .secret = "/etc/krb5.keytab", .keytab = true, .realm = "AD.EXAMPLE.JP"};
  facts.free_bytes = std::uint64_t{1} << 30;
  facts.free_inodes = 100000;
  facts.language = "ja_JP.UTF-8";
  return facts;
}

const std::map<std::string, Break>& faults() {
  static const std::map<std::string, Break> all = [] {
    std::map<std::string, Break> joined = of_host();
    for (auto part : {of_card(), of_trust(), of_account_and_desk()}) joined.merge(part);
    return joined;
  }();
  return all;
}

}  // namespace jpki::test
