// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whether a certificate may be taken in place of an older one: each rule, and what breaks it.
#include "tests/unit/support/expect.h"
#include "tests/unit/validator/fake_login.h"
#include "validator/succession/decision.h"

namespace {

using namespace jpki;
using namespace jpki::test;
using namespace jpki::succession;
using namespace std::chrono_literals;

const Time kNow{std::chrono::sys_days(std::chrono::year(2026) / 11 / 29)};
const std::string kNew = "X509:<SHA1-PUKEY>" + std::string(40, 'a');
const std::string kOld = "X509:<SKI>0102";
const std::string kOlder = "X509:<SKI>0304";
const std::string kOfOther = "X509:<SKI>0506";
const std::string kUnbound = "X509:<SKI>0708";
const std::string kIssuer = "X509:<I>c=JP,o=LGPKI<SR>";

Answer old(std::vector<std::string> names) {
  return {Answer::Kind::kOld, std::move(names), {}};
}

// A decision for taro, unless a test spoils it.
struct Case {
  std::vector<Claim> claims{{"feed", old({kOld})}};
  std::string named = "taro";
  std::vector<Entry> overlay;
  std::vector<std::string> names{kNew, "X509:<SKI>99", "SHA256:" + std::string(64, 'b')};
  bool ordinary = true;
  FakeAccounts accounts;

  Case() {
    accounts.by_string = {{kOld, "taro"},
                          {kOlder, "taro"},
                          {kOfOther, "hanako"},
                          {kIssuer + "01", "taro"},
                          {"X509:<I>c=JP,o=Elsewhere<SR>01", "taro"},
                          {"X509:<SKI>99", "taro"}};
  }
  Expected<Successor, std::string> run() const {
    return decide({.kind = x509::Kind::kLgpkiUser,
                   .names = names,
                   .issuer = kIssuer,
                   .claims = claims,
                   .named = named,
                   .accounts = accounts,
                   .overlay = overlay,
                   .ordinary = [this](const std::string& account) {
                     expect_text(account, "taro");
                     return ordinary;
                   }});
  }
  void accepted(const std::vector<std::string>& old_names) const {
    const auto found = run();
    ck_assert_msg(found.has_value(), "%s", found ? "" : found.error().c_str());
    ck_assert((*found == Successor{"taro", old_names}));
  }
  void refused(const std::string& cause) const {
    const auto found = run();
    ck_assert_msg(!found.has_value(), "accepted, instead of: %s", cause.c_str());
    expect_contains(found.error(), cause);
  }
};

START_TEST(what_is_accepted) {
  Case().accepted({kOld});
  Case nobody_named;
  nobody_named.named = "";
  nobody_named.accepted({kOld});
  Case two;
  two.claims = {{"feed", old({kOld})}, {"resolver", old({kOlder, kUnbound})}};
  two.accepted({kOld, kOlder, kUnbound});
  Case silent;
  silent.claims = {{"feed", {}}, {"resolver", old({kOld})}};
  silent.accepted({kOld});
  Case by_issuer;
  by_issuer.claims = {{"feed", old({kIssuer + "01"})}};
  by_issuer.accepted({kIssuer + "01"});
  // Two logins at once: the pair is there already.
  Case again;
  again.overlay = {{Entry::State::kPending, kNow, kNow, kNew, {kOld}}};
  again.accepted({kOld});
  // Other people's entries.
  Case others;
  others.overlay = {{Entry::State::kPending, kNow, kNow, "X509:<SKI>77", {kOfOther}},
                    {Entry::State::kRefused, kNow, kNow, "X509:<SKI>77", {kOld}},
                    {Entry::State::kRefused, kNow, kNow, kNew, {kOfOther}}};
  others.accepted({kOld});
}
END_TEST

START_TEST(what_sources_say) {
  Case none;
  none.claims = {};
  none.refused("no source knows");
  none.claims = {{"feed", {}}, {"resolver", {}}};
  none.refused("no source knows");
  Case no;
  no.claims.push_back({"resolver", {Answer::Kind::kNone, {}, {}}});
  no.refused("resolver says that it stands in place of no other");
  Case failed;
  failed.claims.push_back({"resolver", {Answer::Kind::kFailed, {}, "it did not answer in time"}});
  failed.refused("resolver could not tell: it did not answer in time");
  Case disagreeing;
  disagreeing.claims.push_back({"resolver", old({kOfOther})});
  disagreeing.refused("different accounts");
  Case half;  // an answer that leads to nobody is no agreement
  half.claims.push_back({"resolver", old({kUnbound})});
  half.refused("the older certificate of resolver");
}
END_TEST

START_TEST(the_older_certificate) {
  Case unbound;
  unbound.claims = {{"feed", old({kUnbound})}};
  unbound.refused("the older certificate of feed");
  Case of_two;
  of_two.claims = {{"feed", old({kOld, kOfOther})}};
  of_two.refused("the older certificate of feed");
  Case elsewhere;
  elsewhere.claims = {{"feed", old({"X509:<I>c=JP,o=Elsewhere<SR>01"})}};
  elsewhere.refused("another issuer");
  Case itself;
  itself.claims = {{"feed", old({"X509:<SKI>99"})}};
  itself.refused("in place of itself");
  Case map_is_broken;
  map_is_broken.accounts.refusal = Verdict::kMapUnusable;
  map_is_broken.refused("scripted");
}
END_TEST

START_TEST(the_account) {
  Case other;
  other.named = "hanako";
  other.refused("another account than the one that was named");
  Case alike;  // no similarity of names
  alike.named = "Taro";
  alike.refused("another account");
  Case privileged;
  privileged.ordinary = false;
  privileged.refused("privileged");
}
END_TEST

START_TEST(what_was_decided_before) {
  Case refused;
  refused.overlay = {{Entry::State::kRefused, kNow, kNow, kNew, {kOlder, kOld}}};
  refused.refused("an administrator refused this pair");
  Case taken;
  taken.overlay = {{Entry::State::kPending, kNow, kNow, "X509:<SKI>77", {kOlder, kOld}}};
  taken.refused("another certificate stands in place");
  Case nameless;
  nameless.names = {"X509:<SKI>99"};
  nameless.refused("no name to register");
}
END_TEST

// Of all sources together.
START_TEST(how_many_older_ones) {
  for (const std::size_t count : {kMostOld, kMostOld + 1}) {
    Case at;
    std::vector<std::string> names{kOld};
    while (names.size() + 1 < count) names.push_back("X509:<SKI>10" + std::to_string(10 + names.size()));
    at.claims = {{"feed", old(names)}, {"resolver", old({kOld, kOlder})}};
    names.push_back(kOlder);
    if (count == kMostOld)
      at.accepted(names);
    else
      at.refused("more older certificates");
  }
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("succession decision");
  TCase* all = tcase_create("all");
  tcase_add_test(all, what_is_accepted);
  tcase_add_test(all, what_sources_say);
  tcase_add_test(all, the_older_certificate);
  tcase_add_test(all, the_account);
  tcase_add_test(all, what_was_decided_before);
  tcase_add_test(all, how_many_older_ones);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  return run_suite(suite());
}
