// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What jpki-succession registers, and what a login makes of it, at a time that the test chooses.
#include "tests/unit/validator/fake_login.h"
#include "tests/unit/validator/pki_fixture.h"
#include "validator/succession/local_succession.h"
#include "validator/succession/registrar.h"
#include "validator/succession_inquiry.h"

#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::test;
using namespace jpki::succession;
using namespace std::chrono_literals;

constexpr auto kKind = x509::Kind::kJpkiAuthentication;
const std::string kOld = "X509:<SKI>0a";

struct Site {
  TemporaryDirectory directory;
  Blob der = person().sign(key("root"));
  x509::Certificate certificate = decoded(der);
  std::vector<std::string> names = names_of(certificate, kKind);
  FakeAccounts accounts;
  config::SuccessionPolicy policy;
  Time now = kNow;
  bool ordinary = true;
  std::function<Answer(const x509::Certificate&, x509::Kind)> ocsp;

  Site() {
    accounts.by_string = {{kOld, "taro"}};
    policy.overlay_directory = directory.path("overlay");
    std::filesystem::create_directory(policy.overlay_directory);
    std::filesystem::permissions(policy.overlay_directory, std::filesystem::perms(0700));
    policy.feed = directory.path("feed");
    feed(names.back() + " " + kOld + "\n");
  }
  void feed(const std::string& text, int mode = 0640) const {
    directory.write("feed", text, std::filesystem::perms(mode));
  }
  std::string script(const std::string& body) const {
    return directory.write("program", "#!/bin/sh\n" + body + "\n", std::filesystem::perms(0755));
  }
  Reply register_it(const std::string& account = "taro") const {
    return register_successor({kKind, account, der},
                              {.policy = policy,
                               .accounts = accounts,
                               .ordinary = [this](const std::string&) { return ordinary; },
                               .now = now,
                               .ocsp = ocsp,
                               .feed = ::getuid(),
                               .overlay = ::getuid()});
  }
  void refused(const std::string& cause, const std::string& account = "taro") const {
    const auto before = entries();
    const Reply reply = register_it(account);
    ck_assert_msg(!reply.registered && reply.overlap_days == 0, "registered, instead of: %s", cause.c_str());
    expect_contains(reply.cause, cause);
    ck_assert(entries() == before);
  }
  std::vector<Entry> entries() const { return *read_overlay(policy.overlay_directory, ::getuid()); }
  ino_t overlay_file() const {
    struct stat info {};
    ck_assert_int_eq(::stat((policy.overlay_directory + kOverlayFile).c_str(), &info), 0);
    return info.st_ino;
  }
  void write(const Entry& entry) const {
    const auto done = change_overlay(policy.overlay_directory, ::getuid(),
                                     [&](std::vector<Entry>& all) -> Expected<bool, std::string> {
                                       all.push_back(entry);
                                       return true;
                                     });
    ck_assert(done.has_value());
  }
  Entry entry(Entry::State state) const {
    return {state, now, now + policy.overlap, registered_name(names), {kOld}, {}, der};
  }
  LocalSuccession local(const std::string& program = "/nonexistent") const {
    return LocalSuccession(policy, accounts, {.feed = ::getuid(), .overlay = ::getuid()}, "", program);
  }
};

START_TEST(what_is_registered) {
  Site site;
  ck_assert((site.register_it() == Reply{true, 14, {}}));
  ck_assert(site.entries() == std::vector<Entry>{site.entry(Entry::State::kPending)});
  // A login at the same time came first: nothing is prolonged.
  const auto before = site.entries();
  const ino_t file = site.overlay_file();
  site.now += 10 * 24h;
  ck_assert((site.register_it() == Reply{true, 4, {}}));
  ck_assert(site.overlay_file() == file);  // nor is anything written
  site.now += 40 * 24h;
  ck_assert((site.register_it() == Reply{true, 0, {}}));
  ck_assert(site.entries() == before);
  Site at_once;
  at_once.policy.overlap = std::chrono::days(0);
  ck_assert((at_once.register_it() == Reply{true, 0, {}}));
}
END_TEST

START_TEST(what_is_not_registered) {
  Site site;
  site.refused("another account", "hanako");
  site.ordinary = false;
  site.refused("privileged");
  site.ordinary = true;
  site.write(site.entry(Entry::State::kRefused));
  site.refused("an administrator refused");
  Site silent;
  silent.feed("");
  silent.refused("no source knows");
  Site open;
  open.feed(open.names.back() + " " + kOld + "\n", 0666);
  open.refused("feed could not tell");
  Site damaged;
  damaged.der.resize(damaged.der.size() - 1);
  damaged.refused("cannot be decoded");
  Site nowhere;
  nowhere.policy.overlay_directory = "/nonexistent";
  ck_assert(!nowhere.register_it().registered);
  Site both;
  both.policy.resolver = both.script("echo jpki-succession 1; echo none");
  both.refused("resolver says");
  both.policy.resolver = both.script("echo jpki-succession 1; echo 'old " + kOld + "'");
  ck_assert(both.register_it().registered);
}
END_TEST

START_TEST(the_responders_are_asked_last) {
  Site site;
  site.feed("");
  const std::string asked = site.directory.path("asked");
  site.policy.resolver =
      site.script("cat >/dev/null; touch " + asked + "; echo jpki-succession 1; echo unknown");
  Answer answer{Answer::Kind::kOld, {kOld}, {}};
  site.ocsp = [&](const x509::Certificate& certificate, x509::Kind kind) {
    ck_assert(std::ranges::equal(certificate.der(), site.der) && kind == kKind);
    ck_assert(std::filesystem::exists(asked));
    return answer;
  };
  answer = {Answer::Kind::kFailed, {}, "no answer"};
  site.refused("ocsp could not tell: no answer");
  answer = {};
  site.refused("no source knows");
  answer = {Answer::Kind::kOld, {"X509:<SKI>0b"}, {}};
  site.refused("the older certificate of ocsp");
  answer = {Answer::Kind::kOld, {kOld}, {}};
  site.refused("another account", "hanako");
  ck_assert(site.register_it().registered);
  ck_assert(site.entries().at(0).old_names == std::vector<std::string>{kOld});
  // Another source that says so is no way around one that could not tell.
  Site feed;
  feed.ocsp = [](const x509::Certificate&, x509::Kind) { return Answer{Answer::Kind::kFailed, {}, "why"}; };
  feed.refused("ocsp could not tell");
}
END_TEST

START_TEST(how_the_responders_are_asked) {
  schedule::SourceRule crl;
  crl.name = "crl";
  schedule::SourceRule cached;
  cached.name = "platform";
  cached.type = schedule::SourceType::kOcsp;
  cached.freshness = schedule::Freshness::kCached;
  schedule::SourceRule server = cached;
  server.name = "server";
  server.type = schedule::SourceType::kCvs;
  const auto rules = rules_of_inquiry({crl, cached, server});
  ck_assert(rules[0].name == "platform" && rules[1].name == "server" && rules[2].name == "crl");
  for (const schedule::SourceRule& rule : rules) ck_assert(rule.freshness == schedule::Freshness::kHard);
}
END_TEST

// --- in a login
struct Verified {
  x509::Certificate leaf;
  trust::TrustStore anchors = store_of(root());
  Expected<path::VerifiedCertificate, path::PathError> path;
  explicit Verified(const Blob& der)
      : leaf(decoded(der)), path(path::validate_path(leaf, {}, anchors, jpki_policy(), kNow)) {
    ck_assert(path.has_value());
  }
};

START_TEST(what_is_proposed) {
  Site site;
  const Verified verified(site.der);
  const auto proposed = [&](const std::string& named) { return site.local().propose(*verified.path, named); };
  ck_assert(proposed("")->account == "taro" && proposed("")->to_be_confirmed);
  ck_assert(!proposed("hanako").has_value());
  site.feed("");
  expect_contains(proposed("taro").error(), "no source knows");
  // The resolver is asked for an account alone, and not before the PIN.
  site.policy.resolver = site.script("touch " + site.directory.path("asked"));
  ck_assert(proposed("taro")->account == "taro" && proposed("taro")->to_be_confirmed);
  expect_contains(proposed("").error(), "named before the PIN");
  ck_assert(!std::filesystem::exists(site.directory.path("asked")));
  site.policy.resolver.clear();
  expect_contains(proposed("taro").error(), "no source knows");
  site.policy.ocsp_extension = "2.999.1.7";
  ck_assert(proposed("taro")->account == "taro" && proposed("taro")->to_be_confirmed);
  expect_contains(proposed("").error(), "named before the PIN");
  site.policy.feed.clear();  // without a feed as with one that is silent
  ck_assert(proposed("taro")->account == "taro" && proposed("taro")->to_be_confirmed);
  site.policy.feed = site.directory.path("feed");
  site.feed("x\n");
  expect_contains(proposed("taro").error(), "feed could not tell");
  // What is registered needs no source.
  site.write(site.entry(Entry::State::kPending));
  ck_assert(proposed("")->account == "taro" && !proposed("")->to_be_confirmed);
  site.accounts.by_string.clear();
  expect_contains(proposed("taro").error(), "in place of an older certificate");
  site.directory.write("overlay/overlay", "x\n", std::filesystem::perms(0600));
  expect_contains(proposed("taro").error(), "overlay:1:");
}
END_TEST

START_TEST(how_long_the_older_one_counts) {
  Site site;
  const Verified verified(site.der);
  const auto counts = [&](Time now) { return site.local().still_counts(*verified.path, now); };
  ck_assert(*counts(kNow));
  // Here the certificate at hand is the older one, of another that is new.
  Entry entry{Entry::State::kPending, kNow, kNow + 24h, "X509:<SKI>99", {"X509:<SKI>0b", site.names[0]}};
  site.write(entry);
  ck_assert(*counts(kNow) && *counts(kNow + 24h));
  ck_assert(!*counts(kNow + 24h + 1s));
  Site other;
  entry.old_names = {"X509:<SKI>0b"};
  other.write(entry);
  ck_assert(*other.local().still_counts(*verified.path, kNow + 48h));
  Site refused;
  entry.state = Entry::State::kRefused;
  entry.old_names = {site.names[0]};
  refused.write(entry);
  ck_assert(*refused.local().still_counts(*verified.path, kNow + 48h));
  site.directory.write("overlay/overlay", "x\n", std::filesystem::perms(0600));
  ck_assert(!counts(kNow).has_value());
}
END_TEST

START_TEST(what_a_login_keeps) {
  Site site;
  const Verified verified(site.der);
  std::filesystem::create_directory(site.directory.path("logins"));
  std::filesystem::permissions(site.directory.path("logins"), std::filesystem::perms(0700));
  const revocation::EvidenceDirectory logins(site.directory.path("logins"), Blob(32, 3));
  const KnownCertificates known(logins);
  const auto is_known = [&] {
    return known.find(verified.leaf.serial(), verified.path->issuer()).has_value();
  };
  const auto keep = [&](OcspNeeds needs) {
    LocalSuccession(site.policy, site.accounts, {.feed = ::getuid(), .overlay = ::getuid()}, "",
                    "/nonexistent", needs)
        .keep(*verified.path, kNow);
  };
  keep({.of_logins = &logins});
  ck_assert(!is_known());
  site.policy.ocsp_extension = "2.999.1.7";
  keep({});
  ck_assert(!is_known());
  keep({.of_logins = &logins});
  ck_assert(is_known());
}
END_TEST

START_TEST(a_program_that_does_not_answer) {
  Site site;
  const Verified verified(site.der);
  const auto confirmed = [&](const std::string& program) {
    return site.local(program).confirm(*verified.path, "taro").error();
  };
  expect_contains(confirmed("/nonexistent"), "No such file");
  expect_contains(confirmed(site.script("exit 0")), "jpki-succession");
  // More than a packet holds.
  expect_contains(site.local(site.script("head -c 1 >/dev/null; echo x >&0"))
                      .confirm(*verified.path, std::string(100'000, 'a'))
                      .error(),
                  "cannot be asked");
  expect_contains(confirmed(site.script("head -c 1 >/dev/null; echo x >&0")), "without an answer");
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("succession registrar");
  TCase* all = tcase_create("all");
  tcase_add_test(all, what_is_registered);
  tcase_add_test(all, what_is_not_registered);
  tcase_add_test(all, the_responders_are_asked_last);
  tcase_add_test(all, how_the_responders_are_asked);
  tcase_add_test(all, what_is_proposed);
  tcase_add_test(all, what_a_login_keeps);
  tcase_add_test(all, how_long_the_older_one_counts);
  tcase_add_test(all, a_program_that_does_not_answer);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  (void)jpki::test::key("root");
  (void)jpki::test::key("person");
  return jpki::test::run_suite(suite());
}
