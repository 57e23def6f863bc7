// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whether a person may register a card that nobody has, each rule and what breaks it; what is written of it,
// and what a later login makes of that.
#include "tests/unit/support/expect.h"
#include "tests/unit/validator/fake_login.h"
#include "tests/unit/validator/pki_fixture.h"
#include "validator/self_registration/local_self_registration.h"
#include "validator/self_registration/registrar.h"
#include "validator/succession/assertion.h"

#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::test;
using namespace jpki::self_registration;
using succession::Entry;

constexpr auto kKind = x509::Kind::kJpkiAuthentication;
const std::string kCard = "X509:<SHA1-PUKEY>" + std::string(40, 'a');
const std::string kOtherCard = "X509:<SHA1-PUKEY>" + std::string(40, 'b');
const std::string kKeyName = "X509:<SKI>0102";

config::SelfRegistrationPolicy policy_of(bool at_once = false) {
  return {.services = {"login"}, .at_once = at_once, .never_groups = {}};
}
Entry own(Entry::State state, const std::string& card, const std::string& account) {
  return {state, kNow, kNow, card, {}, account};
}
Entry renewed(const std::string& card, const std::string& old, Entry::State state = Entry::State::kPending) {
  return {state, kNow, kNow, card, {old}};
}

// A decision for taro's card, unless a test spoils it.
struct Case {
  x509::Kind kind = kKind;
  std::string account = "taro";
  std::string service = "login";
  config::SelfRegistrationPolicy policy = policy_of();
  std::vector<Entry> overlay;
  bool ordinary = true;
  FakeAccounts accounts;

  Expected<Grant, std::string> run() const {
    return decide({.kind = kind,
                   .names = {kKeyName, kCard},
                   .account = account,
                   .service = service,
                   .policy = policy,
                   .accounts = accounts,
                   .overlay = overlay,
                   .ordinary = [this](const std::string& asked) {
                     expect_text(asked, account);
                     return ordinary;
                   }});
  }
  void granted(Grant grant) const {
    const auto found = run();
    ck_assert_msg(found.has_value(), "%s", found ? "" : found.error().c_str());
    ck_assert(*found == grant);
  }
  void refused(const std::string& cause) const {
    const auto found = run();
    ck_assert_msg(!found.has_value(), "granted, instead of: %s", cause.c_str());
    expect_contains(found.error(), cause);
  }
};

START_TEST(what_is_granted) {
  Case().granted(Grant::kOnApproval);
  Case at_once;
  at_once.policy.at_once = true;
  at_once.granted(Grant::kAtOnce);
  Case staff;
  staff.kind = x509::Kind::kLgpkiUser;
  staff.granted(Grant::kOnApproval);
  // Two logins at once, and what was granted under another policy.
  for (const auto state : {Entry::State::kAsked, Entry::State::kBound}) {
    Case again;
    again.overlay = {own(state, kCard, "taro")};
    again.granted(Grant::kAlready);
  }
  // Other people's, and what was refused to others.
  Case others;
  others.overlay = {own(Entry::State::kAsked, kOtherCard, "hanako"),
                    own(Entry::State::kRefused, kCard, "hanako"),
                    own(Entry::State::kRefused, kOtherCard, "taro"), renewed(kOtherCard, "X509:<SKI>77"),
                    renewed(kCard, "X509:<SKI>78", Entry::State::kRefused)};
  others.granted(Grant::kOnApproval);
}
END_TEST

START_TEST(what_is_not) {
  Case off;
  off.policy.services = {};
  off.refused("does not name this service");
  Case elsewhere;
  elsewhere.service = "su";
  elsewhere.refused("does not name this service");
  Case role;
  role.kind = x509::Kind::kLgpkiRole;
  role.refused("role certificates");
  Case administrator;
  administrator.ordinary = false;
  administrator.refused("privileged");
  for (const char* account : {"", "taro tanaka", "taro\tx", "taro\n", "\x7f"}) {
    Case odd;
    odd.account = account;
    odd.refused("does not exist here");
  }
  for (const auto& [name, holder] : {std::pair(kCard, "taro"), {kCard, "hanako"}, {kKeyName, "hanako"}}) {
    Case bound;
    bound.accounts.by_string = {{name, holder}};
    bound.refused("binds the certificate already");
  }
  for (const auto verdict : {Verdict::kMapUnusable, Verdict::kMappingAmbiguous, Verdict::kAccountDisabled}) {
    Case unclear;
    unclear.accounts.refusal = verdict;
    unclear.refused("scripted");
  }
}
END_TEST

START_TEST(what_others_registered_before) {
  for (const auto state : {Entry::State::kAsked, Entry::State::kBound}) {
    Case taken;
    taken.overlay = {own(state, kCard, "hanako")};
    taken.refused("for another account");
    Case second;
    second.overlay = {own(state, kOtherCard, "taro")};
    second.refused("another card of the account waits");
  }
  Case refused;
  refused.overlay = {own(Entry::State::kRefused, kCard, "taro")};
  refused.refused("an administrator refused it");
  Case successor;
  successor.overlay = {renewed(kCard, "X509:<SKI>77")};
  successor.refused("stands in place of an older one");
  Case replaced;
  replaced.overlay = {renewed(kOtherCard, kKeyName)};
  replaced.refused("another certificate stands in its place");
  Case hidden;  // behind entries that are not against it
  hidden.overlay = {own(Entry::State::kAsked, kOtherCard, "jiro"), own(Entry::State::kAsked, kCard, "taro"),
                    own(Entry::State::kBound, kOtherCard, "taro")};
  hidden.refused("another card of the account waits");
}
END_TEST

START_TEST(which_entries_are_whose) {
  const std::vector<Entry> overlay = {
      renewed(kCard, "X509:<SKI>77"), own(Entry::State::kRefused, kCard, "taro"),
      own(Entry::State::kAsked, kOtherCard, "taro"), own(Entry::State::kBound, kCard, "hanako")};
  ck_assert(entry_of(overlay, {kCard}) == &overlay[3]);
  ck_assert(entry_of(overlay, {kKeyName, kOtherCard}) == &overlay[2]);
  ck_assert(entry_of(overlay, {kKeyName}) == nullptr);
  ck_assert(has_other_card(overlay, "taro", {kCard}));
  ck_assert(!has_other_card(overlay, "taro", {kKeyName, kOtherCard}));
  ck_assert(!has_other_card(overlay, "jiro", {kCard}));
  ck_assert(has_other_card(overlay, "hanako", {kOtherCard}));
}
END_TEST

// --- the file
START_TEST(lines_of_the_overlay) {
  const std::vector<Entry> entries = {
      own(Entry::State::kAsked, kCard, "taro"), own(Entry::State::kBound, kOtherCard, "CITY\\taro"),
      own(Entry::State::kRefused, kCard, "taro"), renewed(kCard, "X509:<SKI>77")};
  const std::string text = succession::spelled(entries);
  const auto read = succession::parse_overlay(text);
  ck_assert_msg(read.has_value(), "%s", read ? "" : read.error().c_str());
  ck_assert(*read == entries);
  const auto line = [](const std::string& state, const std::string& rest) {
    return "jpki-succession 1\n" + state + "\t1\t1\t" + kCard + "\t" + rest + "\n";
  };
  ck_assert(succession::parse_overlay(line("asked", "account=taro")).has_value());
  for (const std::string& bad :
       {line("pending", "account=taro"), line("asked", "X509:<SKI>77"), line("bound", "X509:<SKI>77"),
        line("asked", "account="), line("asked", "account=ta ro"),
        line("asked", "account=taro\tX509:<SKI>77"), line("asked", "account=taro\taccount=hanako"),
        line("refused", "X509:<SKI>77\taccount=taro"), line("asked", "Account=taro"),
        line("asked", "account=" + std::string(300, 'a'))})
    ck_assert_msg(!succession::parse_overlay(bad).has_value(), "%s", bad.c_str());
}
END_TEST

// --- what is written, and what a login makes of it
struct Site {
  TemporaryDirectory directory;
  x509::Certificate leaf = decoded(person().sign(key("root")));
  trust::TrustStore anchors = store_of(root());
  Expected<path::VerifiedCertificate, path::PathError> path =
      path::validate_path(leaf, {}, anchors, jpki_policy(), kNow);
  std::string name = succession::registered_name(succession::names_of(leaf, kKind));
  FakeAccounts accounts;
  config::SelfRegistrationPolicy policy = policy_of();
  bool ordinary = true;
  Blob der = to_blob(leaf.der());
  std::string place = directory.path("overlay");

  Site() {
    std::filesystem::create_directory(place);
    std::filesystem::permissions(place, std::filesystem::perms(0700));
    ck_assert(path.has_value());
  }
  SelfRegistrationAnswer ask(const std::string& account = "taro",
                             const std::string& service = "login") const {
    return register_card({account, service, name, der},
                         {.policy = policy,
                          .accounts = accounts,
                          .ordinary = [this](const std::string&) { return ordinary; },
                          .now = kNow,
                          .directory = place,
                          .owner = ::getuid()});
  }
  void refused(Verdict verdict, const std::string& cause, const std::string& account = "taro") const {
    const auto answer = ask(account);
    expect_verdict(answer.verdict, verdict, answer.cause);
    expect_contains(answer.cause, cause);
  }
  Entry own_entry(Entry::State state) const {
    Entry entry = own(state, name, "taro");
    entry.certificate = der;
    return entry;
  }
  std::vector<Entry> entries() const { return *succession::read_overlay(place, ::getuid()); }
  LocalSelfRegistration local(const std::string& user, Purpose purpose = Purpose::kLogin) const {
    Start start;
    start.user = user;
    start.service = "login";
    start.purpose = purpose;
    return LocalSelfRegistration(start, policy, accounts, place, ::getuid(),
                                 [this](const std::string&) { return ordinary; });
  }
  Verdict login(const std::string& user) const {
    const auto account = local(user).account_of(*path);
    if (account) expect_text(*account, "taro");
    return account ? Verdict::kAccepted : account.error().verdict;
  }
};

START_TEST(pending_until_an_administrator_agrees) {
  Site site;
  ck_assert(site.login("taro") == Verdict::kNotMapped);
  ck_assert((site.ask() == SelfRegistrationAnswer{Verdict::kRegistrationPending, {}}));
  const std::vector<Entry> written = {site.own_entry(Entry::State::kAsked)};
  ck_assert(site.entries() == written);
  ck_assert(site.ask().verdict == Verdict::kRegistrationPending && site.entries() == written);
  for (const char* user : {"taro", "hanako", ""})
    ck_assert(site.login(user) == Verdict::kRegistrationPending);
  site.refused(Verdict::kRegistrationRefused, "for another account", "hanako");
  ck_assert(site.entries() == written);
  site.policy.at_once = true;  // what was asked for before waits all the same
  ck_assert(site.login("taro") == Verdict::kRegistrationPending);
}
END_TEST

START_TEST(the_certificate_is_kept_for_whoever_decides) {
  Site other;
  other.der.back() ^= 1;
  other.refused(Verdict::kRegistrationRefused, "is not the one that is to be registered");
  ck_assert(other.entries().empty());
  Site without;  // it was longer than what is passed on
  without.der.clear();
  ck_assert(without.ask().verdict == Verdict::kRegistrationPending);
  ck_assert(without.entries() == std::vector<Entry>{own(Entry::State::kAsked, without.name, "taro")});
}
END_TEST

START_TEST(at_once_where_configured) {
  Site site;
  site.policy.at_once = true;
  ck_assert((site.ask() == SelfRegistrationAnswer{Verdict::kAccepted, {}}));
  ck_assert(site.entries() == std::vector<Entry>{site.own_entry(Entry::State::kBound)});
  ck_assert(site.login("taro") == Verdict::kAccepted && site.login("") == Verdict::kAccepted);
  // Somebody else's name: the account is not even looked up.
  ck_assert(site.login("hanako") == Verdict::kNotMapped);
  ck_assert(site.ask().verdict == Verdict::kAccepted);
  // Made an administrator meanwhile; and the policy was taken back.
  site.ordinary = false;
  ck_assert(site.login("taro") == Verdict::kNotMapped && site.login("") == Verdict::kNotMapped);
  site.ordinary = true;
  site.policy.at_once = false;
  ck_assert(site.login("taro") == Verdict::kRegistrationPending);
}
END_TEST

START_TEST(what_is_not_written) {
  Site site;
  site.ordinary = false;
  site.refused(Verdict::kRegistrationRefused, "privileged");
  site.ordinary = true;
  ck_assert(site.ask("taro", "su").verdict == Verdict::kRegistrationRefused);
  site.accounts.by_string = {{site.name, "hanako"}};
  site.refused(Verdict::kRegistrationRefused, "binds the certificate already");
  site.accounts.by_string = {};
  const std::string name = std::exchange(site.name, "X509:<SKI>0102");
  site.refused(Verdict::kRegistrationRefused, "no thumbprint");
  site.name = "X509:<SHA1-PUKEY>" + std::string(40, 'A');
  site.refused(Verdict::kRegistrationRefused, "no thumbprint");
  site.name = name;
  ck_assert(site.entries().empty());
  site.directory.write("overlay/overlay", "x\n", std::filesystem::perms(0600));
  site.refused(Verdict::kRegistrationUnusable, ":1: is not jpki-succession 1");
  ck_assert(site.login("taro") == Verdict::kMapUnusable);
  ck_assert(!site.local("taro", Purpose::kRegister).offer(*site.path, "taro").has_value());
  site.place = "/nonexistent";
  site.refused(Verdict::kRegistrationUnusable, "/nonexistent");
}
END_TEST

START_TEST(what_a_login_offers) {
  Site site;
  const auto offer = [&](const std::string& named, Purpose purpose = Purpose::kRegister) {
    return site.local(named, purpose).offer(*site.path, "taro");
  };
  const auto offered = offer("taro");
  ck_assert(offered && *offered == site.name);
  ck_assert(!offer("hanako").has_value());  // whom the name service was asked about
  ck_assert(!offer("taro", Purpose::kLogin).has_value());
  site.ordinary = false;
  ck_assert(!offer("taro").has_value());
  site.ordinary = true;
  (void)site.ask();
  ck_assert(!offer("taro").has_value());
  ck_assert(!site.local("taro").has_other_card(*site.path, "taro"));
  site.directory.write("overlay/overlay",
                       succession::spelled({own(Entry::State::kAsked, kOtherCard, "taro")}),
                       std::filesystem::perms(0600));
  ck_assert(site.local("taro").has_other_card(*site.path, "taro"));
  ck_assert(!site.local("taro").has_other_card(*site.path, "hanako"));
}
END_TEST

START_TEST(packets) {
  const auto packet = [](const auto& message) {
    Blob out(kMaxSelfRegistrationPacket);
    WireWriter writer(out);
    write(writer, message);
    out.resize(writer.used());
    return out;
  };
  const SelfRegistrationQuestion question{"taro", "login", kCard, Blob(kMaxRegistrableDer, 7)};
  Blob asked = packet(question);
  ck_assert(read_self_registration_question(asked) == question);
  ck_assert(!read_self_registration_question(packet(SelfRegistrationQuestion{"", "login", kCard, {}})));
  ck_assert(!read_self_registration_question(packet(SelfRegistrationQuestion{"taro", "login", "", {}})));
  ck_assert(!read_self_registration_question(
      packet(SelfRegistrationQuestion{"taro", "login", std::string(kMaxRegistrable + 1, 'a'), {}})));
  ck_assert(!read_self_registration_question(
      packet(SelfRegistrationQuestion{"taro", "login", kCard, Blob(kMaxRegistrableDer + 1, 7)})));
  asked.push_back(0);
  ck_assert(!read_self_registration_question(asked));
  const SelfRegistrationAnswer answer{Verdict::kRegistrationPending, "why"};
  Blob said = packet(answer);
  ck_assert(read_self_registration_answer(said) == answer);
  said[0] = 9;
  ck_assert(!read_self_registration_answer(said));
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("self-registration");
  TCase* all = tcase_create("all");
  tcase_add_test(all, what_is_granted);
  tcase_add_test(all, what_is_not);
  tcase_add_test(all, what_others_registered_before);
  tcase_add_test(all, which_entries_are_whose);
  tcase_add_test(all, lines_of_the_overlay);
  tcase_add_test(all, pending_until_an_administrator_agrees);
  tcase_add_test(all, the_certificate_is_kept_for_whoever_decides);
  tcase_add_test(all, at_once_where_configured);
  tcase_add_test(all, what_is_not_written);
  tcase_add_test(all, what_a_login_offers);
  tcase_add_test(all, packets);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  (void)jpki::test::key("root");
  (void)jpki::test::key("person");
  return jpki::test::run_suite(suite());
}
