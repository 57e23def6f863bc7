// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Registration in the directory: what is planned, what is sent, and what a controller that dies or another
// administrator in between does to it. The directory is a double that keeps its values in memory.
#include "base/mapping/mapping_text.h"
#include "jpkictl/card/directory_registry.h"
#include "jpkictl/card/ticket_file.h"
#include "tests/unit/support/check_main.h"
#include "tests/unit/support/privilege.h"

#include <algorithm>
#include <functional>

#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::ctl::card;
using ad::bindings::End;
using ad::bindings::Find;
using ad::bindings::Outcome;
using ctl::ExitStatus;

constexpr char kThumbprint[] = "X509:<SHA1-PUKEY>0f1e2d3c4b5a69788796a5b4c3d2e1f001234567";
constexpr char kSki[] = "X509:<SKI>93f19e5b1cbeeb18fc3b8e77cefa1ad6daa7a367";
constexpr char kOtherSki[] = "X509:<SKI>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
constexpr char kSerial[] = "X509:<I>C=JP,O=JPKI-TEST,CN=Test CA<SR>1200ac2b";

DirectoryObject object(std::uint8_t number, const std::string& account, std::vector<std::string> values) {
  ad::Guid guid{};
  guid.back() = number;
  return {guid, "CN=" + account + ",DC=ad,DC=test", account, std::move(values)};
}

// What is there, and what happens around a change.
struct World {
  std::vector<DirectoryObject> objects = {object(1, "taro", {}), object(2, "hanako", {})};
  std::vector<ad::bindings::Change> asked;
  std::function<void(World&)> before_change = [](World&) {};
  std::function<void(World&)> after_change = [](World&) {};
  std::optional<Outcome> answer;       // instead of the change
  bool lost = false;                   // the change is made, but its answer does not come
  std::optional<Outcome> find_answer;  // instead of what is found
  std::string controller = "dc1";

  std::vector<std::string>& values(const std::string& account) {
    return std::ranges::find(objects, account, &DirectoryObject::account)->values;
  }
};

class Double final : public Directory {
 public:
  explicit Double(World& world) : world_(world) {}

  Listing find(const Find& find) override {
    if (world_.find_answer) return {{*world_.find_answer, "", "cause"}, {}};
    Listing listing{{Outcome::kDone, world_.controller, ""}, {}};
    for (const DirectoryObject& one : world_.objects)
      if (matches(one, find)) listing.objects.push_back(one);
    return listing;
  }
  End change(const ad::bindings::Change& change) override {
    world_.asked.push_back(change);
    world_.before_change(world_);
    End end{Outcome::kDone, world_.controller, "cause"};
    if (world_.answer) {
      end.outcome = *world_.answer;
      return end;
    }
    auto& values = std::ranges::find(world_.objects, change.guid, &DirectoryObject::guid)->values;
    const auto there = std::ranges::find(values, change.value);
    if (change.add == (there != values.end())) {
      end.outcome = change.add ? Outcome::kValueExists : Outcome::kNoSuchValue;
    } else if (change.add) {
      values.push_back(change.value);
    } else {
      values.erase(there);
    }
    if (world_.lost) end.outcome = Outcome::kNotKnown;
    world_.after_change(world_);
    return end;
  }

 private:
  static bool matches(const DirectoryObject& one, const Find& find) {
    switch (find.what) {
      case Find::What::kAccount:
        return one.account == find.text.front();
      case Find::What::kHolders:
      case Find::What::kAll:
        break;
    }
    return !one.values.empty();  // more than is asked for: judged again
  }
  World& world_;
};

DirectoryRegistry registry_of(World& world) {
  return {"AD.TEST", std::make_unique<Double>(world)};
}

const Claim kTaro{"taro", {kThumbprint, kSki}};

// --- plans
START_TEST(one_value_is_added) {
  const auto taro = object(1, "taro", {kOtherSki, "Kerberos:taro@ELSE.TEST"});
  const auto steps = plan_add(taro, kTaro, {});
  ck_assert(steps && *steps == std::vector<Step>({{taro.guid, taro.dn, "taro", true, kThumbprint}}));
}
END_TEST

START_TEST(a_card_that_the_account_has_by_any_string_is_not_written) {
  auto taro = object(1, "taro", {"X509:<SKI>93F19E5B1CBEEB18FC3B8E77CEFA1AD6DAA7A367"});
  const auto steps = plan_add(taro, kTaro, {&taro, 1});
  ck_assert(steps && steps->empty());
}
END_TEST

START_TEST(each_holder_is_looked_at) {
  const auto taro = object(1, "taro", {kThumbprint});
  const auto nobody = object(3, "jiro", {kOtherSki});
  const auto hanako = object(2, "hanako", {kSki});
  const std::vector<DirectoryObject> alone{nobody, taro};
  const auto has = plan_add(taro, kTaro, alone);
  ck_assert(has && has->empty());
  for (const auto& holders : {std::vector{nobody, hanako}, {taro, hanako}, {hanako, taro}})
    ck_assert(!plan_add(taro, kTaro, holders));
}
END_TEST

// Names of issuers have several spellings.
START_TEST(a_card_of_another_object_is_refused) {
  const auto pc = object(9, "PC1$", {"X509:<I>c=JP,o=JPKI-TEST,cn=Test CA<SR>1200AC2B"});
  const auto steps = plan_add(object(1, "taro", {}), {"taro", {kThumbprint, kSerial}}, {&pc, 1});
  ck_assert(!steps && steps.error().status == ExitStatus::kBad);
  ck_assert(steps.error().text.find("PC1$") != std::string::npos);
  ck_assert(steps.error().text.find(pc.dn) != std::string::npos);
}
END_TEST

START_TEST(every_spelling_is_taken_away_as_it_is_spelled) {
  const std::string upper = "X509:<SKI>93F19E5B1CBEEB18FC3B8E77CEFA1AD6DAA7A367";
  const auto steps = plan_remove(object(1, "taro", {kThumbprint, upper, kSki}), kSki);
  ck_assert_uint_eq(steps.size(), 2);
  ck_assert(!steps[0].add && steps[0].value == upper && steps[1].value == kSki);
}
END_TEST

START_TEST(a_move_adds_before_it_takes_away) {
  const std::string upper = "X509:<SKI>93F19E5B1CBEEB18FC3B8E77CEFA1AD6DAA7A367";
  const auto steps =
      plan_move(object(1, "taro", {"Kerberos:taro@X", kSki, kThumbprint}), object(2, "hanako", {upper}));
  ck_assert_uint_eq(steps.size(), 3);
  ck_assert(steps[0].add && steps[0].account == "hanako" && steps[0].value == kThumbprint);
  for (std::size_t i : {1, 2}) ck_assert(!steps[i].add && steps[i].account == "taro");
  // Two spellings of one: both go, one comes.
  const auto two = plan_move(object(1, "taro", {kSki, upper}), object(2, "hanako", {}));
  ck_assert(two.size() == 3 && two[0].add && !two[1].add && !two[2].add);
}
END_TEST

START_TEST(ldif_is_what_ldapmodify_takes) {
  Step step{{}, "CN=taro,DC=ad,DC=test", "taro", true, kSki};
  ck_assert(to_ldif({&step, 1}) == std::string("dn: CN=taro,DC=ad,DC=test\nchangetype: modify\n"
                                               "add: altSecurityIdentities\naltSecurityIdentities: ") +
                                       kSki + "\n-\n\n");
  step.dn = "CN=職員,DC=ad";
  step.add = false;
  const std::string text = to_ldif({&step, 1});
  ck_assert_msg(text.starts_with("dn:: Q0496IG35ZOhLERDPWFk\nchangetype: modify\ndelete: "), "%s",
                text.c_str());
  // RFC 2849, SAFE-STRING.
  const auto plain = [&](const std::string& dn) {
    step.dn = dn;
    return to_ldif({&step, 1}).starts_with("dn: " + dn + "\n");
  };
  for (const char* safe : {"a b", "a: <b", "\x01\x7f", "~"}) ck_assert_msg(plain(safe), "%s", safe);
  for (const std::string& unsafe :
       {std::string(" a"), std::string(":a"), std::string("<a"), std::string("a "), std::string("a\nb"),
        std::string("a\rb"), std::string("a\0b", 3)})
    ck_assert_msg(!plain(unsafe), "%s", unsafe.c_str());
}
END_TEST

START_TEST(weak_and_malformed_values_are_seen) {
  const auto taro = object(1, "taro", {"X509:<RFC822>Taro@example.jp", "X509:<SKI>zz", "Kerberos:a@B"});
  const auto held = bindings_of({&taro, 1});
  ck_assert(held.size() == 1 && held[0].mapping == "X509:<RFC822>taro@example.jp");
  ck_assert(held[0].where == taro.dn);
  ck_assert(!mapping::canonical_mapping(held[0].mapping));  // what `check` calls weak
  const auto wrong = malformed_in({&taro, 1});
  ck_assert(wrong.size() == 1 && wrong[0].starts_with(taro.dn + ": "));
}
END_TEST

// --- changes
START_TEST(a_card_is_added_beside_the_others) {
  World world;
  world.values("taro") = {kOtherSki};
  auto registry = registry_of(world);
  const auto added = registry.add(kTaro);
  ck_assert(added && *added == Change::kDone);
  ck_assert(world.values("taro") == std::vector<std::string>({kOtherSki, kThumbprint}));
  const auto again = registry.add(kTaro);
  ck_assert(again && *again == Change::kNothingToDo && world.asked.size() == 1);
}
END_TEST

START_TEST(another_administrator_wrote_the_same_a_moment_before) {
  World world;
  world.before_change = [](World& w) { w.values("taro").push_back(kThumbprint); };
  const auto added = registry_of(world).add(kTaro);
  ck_assert(added && *added == Change::kNothingToDo);
  ck_assert_uint_eq(world.values("taro").size(), 1);
}
END_TEST

START_TEST(another_administrator_gave_the_card_to_somebody_else_meanwhile) {
  World world;
  world.before_change = [](World& w) {
    if (w.asked.size() == 1) w.values("hanako").push_back(kSki);
  };
  const auto added = registry_of(world).add(kTaro);
  ck_assert(!added && added.error().status == ExitStatus::kBad);
  ck_assert(added.error().text.find("hanako") != std::string::npos);
  ck_assert(world.values("taro").empty());
  ck_assert(world.values("hanako") == std::vector<std::string>({kSki}));
}
END_TEST

START_TEST(what_cannot_be_taken_back_is_told) {
  World world;
  world.before_change = [](World& w) {
    w.values("hanako") = {kSki};
    if (w.asked.size() == 2) w.answer = Outcome::kNoRight;
  };
  const auto added = registry_of(world).add(kTaro);
  ck_assert(!added && added.error().status == ExitStatus::kCouldNotTell);
  ck_assert(added.error().text.find("jpkictl card revoke taro") != std::string::npos);
}
END_TEST

START_TEST(an_answer_that_does_not_come_is_looked_up) {
  World world;
  world.lost = true;
  const auto added = registry_of(world).add(kTaro);
  ck_assert(added && *added == Change::kDone);
  ck_assert_uint_eq(world.asked.size(), 1);  // never sent twice
}
END_TEST

// The same controller knows; another one may not know yet.
START_TEST(a_change_that_was_not_made) {
  World world;
  world.answer = Outcome::kNotKnown;
  const auto same = registry_of(world).add(kTaro);
  ck_assert(!same && same.error().status == ExitStatus::kCouldNotTell);
  ck_assert(same.error().text.find("was not made") != std::string::npos);
  bool asked = false;
  world.before_change = [&asked](World&) { asked = true; };
  class Failover final : public Directory {
   public:
    explicit Failover(World& world) : inner_(world), world_(world) {}
    Listing find(const Find& find) override {
      auto listing = inner_.find(find);
      if (!world_.asked.empty()) listing.end.controller = "dc2";
      return listing;
    }
    End change(const ad::bindings::Change& change) override { return inner_.change(change); }

   private:
    Double inner_;
    World& world_;
  };
  world.asked.clear();
  const auto other = DirectoryRegistry("AD.TEST", std::make_unique<Failover>(world)).add(kTaro);
  ck_assert(asked && !other && other.error().status == ExitStatus::kCouldNotTell);
  ck_assert(other.error().text.find("could not be told") != std::string::npos);
}
END_TEST

START_TEST(nobody_answers_any_more) {
  World world;
  world.answer = Outcome::kNotKnown;
  world.before_change = [](World& w) { w.find_answer = Outcome::kUnreachable; };
  const auto added = registry_of(world).add(kTaro);
  ck_assert(!added && added.error().status == ExitStatus::kCouldNotTell);
  ck_assert(added.error().text.find("jpkictl card list --directory taro") != std::string::npos);
}
END_TEST

START_TEST(each_failure_has_its_status) {
  const std::pair<Outcome, ExitStatus> cases[] = {{Outcome::kNoRight, ExitStatus::kBad},
                                                  {Outcome::kRefused, ExitStatus::kBad},
                                                  {Outcome::kNoObject, ExitStatus::kBad},
                                                  {Outcome::kReferral, ExitStatus::kCouldNotTell},
                                                  {Outcome::kLimit, ExitStatus::kCouldNotTell},
                                                  {Outcome::kNoTicket, ExitStatus::kCouldNotTell},
                                                  {Outcome::kUnreachable, ExitStatus::kCouldNotTell},
                                                  {Outcome::kNotAvailable, ExitStatus::kCouldNotTell}};
  std::vector<std::string> texts;
  for (const auto& [outcome, status] : cases) {
    World world;
    world.answer = outcome;
    const auto added = registry_of(world).add(kTaro);
    ck_assert(!added && added.error().status == status);
    ck_assert_msg(added.error().text.ends_with("(cause)"), "%s", added.error().text.c_str());
    ck_assert(std::ranges::find(texts, added.error().text) == texts.end());
    texts.push_back(added.error().text);
  }
}
END_TEST

START_TEST(an_account_that_is_not_there) {
  World world;
  auto registry = registry_of(world);
  const auto known = registry.knows("jiro");
  ck_assert(!known && known.error().status == ExitStatus::kBad);
  ck_assert(registry.knows("taro").has_value());
  const auto removed = registry.remove({"jiro", kSki, {}});
  ck_assert(removed && *removed == Change::kNothingToDo && world.asked.empty());
}
END_TEST

START_TEST(a_move_that_stops_is_finished_by_the_same_command) {
  World world;
  world.values("taro") = {kThumbprint, kOtherSki};
  world.before_change = [](World& w) {
    if (w.asked.size() == 3) w.answer = Outcome::kUnreachable;
  };
  const auto first = registry_of(world).move("taro", "hanako");
  ck_assert(!first && first.error().text.find("2 of 4") != std::string::npos);
  ck_assert_uint_eq(world.values("taro").size(), 2);
  world.answer.reset();
  world.before_change = [](World&) {};
  const auto second = registry_of(world).move("taro", "hanako");
  ck_assert(second && *second == 2);
  ck_assert(world.values("taro").empty() && world.values("hanako").size() == 2);
}
END_TEST

START_TEST(a_preview_changes_nothing) {
  World world;
  world.values("hanako") = {kOtherSki};
  auto registry = registry_of(world);
  const auto add = registry.preview_add(kTaro);
  ck_assert(add && add->find("add: altSecurityIdentities") != std::string::npos);
  const Held held{"hanako", kOtherSki, {}};
  const auto remove = registry.preview_remove({&held, 1});
  ck_assert(remove && remove->find("delete: altSecurityIdentities") != std::string::npos);
  const auto move = registry.preview_move("hanako", "taro");
  ck_assert(move && move->find("add: ") < move->find("delete: "));
  ck_assert(world.asked.empty());
}
END_TEST

// --- the ticket's file
START_TEST(the_ticket_is_where_kinit_puts_it) {
  const auto path = [](const TicketHints& hints) {
    const auto file = ticket_file(hints);
    return file ? file->path : "-";
  };
  ck_assert(path({}) == "/tmp/krb5cc_0");
  ck_assert(path({"", "", "1105"}) == "/tmp/krb5cc_1105");
  ck_assert(path({"", "FILE:/run/t:1", "1105"}) == "/run/t:1");
  ck_assert(path({"/other", "/run/t", "1105"}) == "/other");
  for (const char* elsewhere : {"KEYRING:persistent:0", "KCM:", "DIR:/tmp/x"})
    ck_assert_msg(path({"", elsewhere, ""}) == "-", "%s", elsewhere);
  ck_assert(ticket_file({"", "", "1105"})->owner == 1105);
  ck_assert(ticket_file({"", "", "x"})->owner == 0);
}
END_TEST

// A file that somebody else laid there is root's by name, and refused when it is opened.
START_TEST(a_ticket_of_somebody_else_is_used_only_by_name) {
  const test::TemporaryDirectory scratch;
  const std::string file = scratch.path() + "/t";
  std::ofstream(file) << "x";
  const bool anybody = test::can_give_files_to(4711);
  const uid_t holder = anybody ? 4711 : ::geteuid();
  if (anybody) ck_assert_int_eq(::chown(file.c_str(), holder, holder), 0);
  ck_assert_uint_eq(ticket_file({"", file, std::to_string(holder)})->owner, holder);
  ck_assert_uint_eq(ticket_file({"", file, "54321"})->owner, 0);
  ck_assert_uint_eq(ticket_file({file, "", "54321"})->owner, holder);
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("jpkictl directory");
  TCase* tests = tcase_create("directory");
  tcase_add_test(tests, one_value_is_added);
  tcase_add_test(tests, a_card_that_the_account_has_by_any_string_is_not_written);
  tcase_add_test(tests, each_holder_is_looked_at);
  tcase_add_test(tests, a_card_of_another_object_is_refused);
  tcase_add_test(tests, every_spelling_is_taken_away_as_it_is_spelled);
  tcase_add_test(tests, a_move_adds_before_it_takes_away);
  tcase_add_test(tests, ldif_is_what_ldapmodify_takes);
  tcase_add_test(tests, weak_and_malformed_values_are_seen);
  tcase_add_test(tests, a_card_is_added_beside_the_others);
  tcase_add_test(tests, another_administrator_wrote_the_same_a_moment_before);
  tcase_add_test(tests, another_administrator_gave_the_card_to_somebody_else_meanwhile);
  tcase_add_test(tests, what_cannot_be_taken_back_is_told);
  tcase_add_test(tests, an_answer_that_does_not_come_is_looked_up);
  tcase_add_test(tests, a_change_that_was_not_made);
  tcase_add_test(tests, nobody_answers_any_more);
  tcase_add_test(tests, each_failure_has_its_status);
  tcase_add_test(tests, an_account_that_is_not_there);
  tcase_add_test(tests, a_move_that_stops_is_finished_by_the_same_command);
  tcase_add_test(tests, a_preview_changes_nothing);
  tcase_add_test(tests, the_ticket_is_where_kinit_puts_it);
  tcase_add_test(tests, a_ticket_of_somebody_else_is_used_only_by_name);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
