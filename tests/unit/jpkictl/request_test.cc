// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Requests of other computers: their text, their keys, each rule and what breaks it, and where they wait.
#include "base/mapping/mapping_text.h"
#include "jpkictl/card/request_keys.h"
#include "jpkictl/card/request_rules.h"
#include "jpkictl/card/request_store.h"
#include "tests/unit/support/expect.h"

#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::test;
using namespace jpki::ctl::card;
using ctl::Trouble;
using succession::Entry;
using namespace std::chrono_literals;

const Time kNow{std::chrono::seconds(1'796'000'000)};
const std::string kOld = "X509:<SKI>0a";

// Made once, before Check forks for each test.
struct Keys {
  TemporaryDirectory directory;
  std::string own = directory.path("own.key");
  std::string other = directory.path("other.key");
  FileTrust trust{.owner = ::geteuid()};

  Keys() {
    for (const std::string& path : {own, other})
      if (!make_request_key(path)) std::abort();
  }
  std::string half(const std::string& path) const { return *public_request_key(path, trust); }
};
const Keys* keys = nullptr;

Request signed_again(Request request, const std::string& path = keys->own) {
  request.signature = *sign_request(request, path, keys->trust);
  return request;
}

Request by_password() {
  return signed_again({.host = "terminal-7",
                       .account = "taro",
                       .asked = kNow - 1h,
                       .made = kNow - 1min,
                       .certificate = {0x30, 0x03, 0x02, 0x01, 0x05}});
}
Request renewal() {
  Request request = by_password();
  request.old_names = {kOld, "X509:<SKI>0b"};
  return signed_again(request);
}

// --- text
START_TEST(a_request_is_read_as_it_was_written) {
  const std::string text = spelled(by_password()) + spelled(renewal());
  const auto read = parse_requests(text);
  ck_assert(read == (std::vector<Request>{by_password(), renewal()}) && parse_requests("")->empty());
  Request first = by_password();
  first.asked = {};
  ck_assert(parse_requests(spelled(first)) == std::vector{first});
  expect_text(signed_text(by_password()),
              "jpki-request 1\nhost=terminal-7\naccount=taro\nasked=1795996400\nmade=1795999940\n"
              "proven=pin password\ncertificate=MAMCAQU=\n");
}
END_TEST

START_TEST(everything_else_is_none) {
  const std::string text = spelled(renewal());
  for (std::size_t size = 1; size < text.size(); ++size) ck_assert(!parse_requests(text.substr(0, size)));
  for (const std::string& wrong : {text + "\n", "\n" + text, text + "x", std::string(kMaxRequest * 2, 'x')})
    ck_assert(!parse_requests(wrong));
  const auto replaced = [&](const std::string& part, const std::string& by) {
    std::string other = text;
    return other.replace(other.find(part), part.size(), by);
  };
  const std::pair<const char*, const char*> kWrong[] = {{"request 1", "request 2"},
                                                        {"host=terminal-7", "host=../terminal-7"},
                                                        {"host=terminal-7", "host=.terminal"},
                                                        {"host=terminal-7", "host="},
                                                        {"account=taro", "account=ta ro"},
                                                        {"account=taro", "account="},
                                                        {"asked=1", "asked=01"},
                                                        {"made=1", "made=-1"},
                                                        {"made=1", "made=1x"},
                                                        {"pin succession", "pin password"},
                                                        {"pin succession", "nothing"},
                                                        {"old=X509:<SKI>0a", "old=X509:<SKI>0A"},
                                                        {"old=X509:<SKI>0a", "old=X509:<S>CN=taro"},
                                                        {"MAMCAQU=", "MAMCAQV="},
                                                        {"MAMCAQU=", ""},
                                                        {"==\n", "=\n"}};
  for (const auto& [part, by] : kWrong) ck_assert_msg(!parse_requests(replaced(part, by)), "%s", by);
}
END_TEST

// One computer cannot fill another: each part has its bound, and what is just as long is good still.
START_TEST(each_part_of_a_request_has_its_bound) {
  const std::string one = spelled(by_password());
  for (const std::size_t over : {0, 1}) {
    const auto is_read = [&](const std::function<void(Request&)>& change) {
      Request request = renewal();
      change(request);
      const auto read = parse_requests(spelled(request));
      ck_assert((read && *read == std::vector{request}) == (over == 0));
    };
    is_read([&](Request& r) { r.host = std::string(64 + over, 'h'); });
    is_read([&](Request& r) { r.old_names.resize(succession::kMostOld + over, kOld); });
    is_read([&](Request& r) { r.certificate.resize(succession::kMaxEntryCertificate + over); });
    is_read([&](Request& r) { r.signature.resize(64 + over); });
    is_read([&](Request& r) { r.signature.resize(64 - over); });
    is_read([&](Request& r) {
      const std::size_t room = kMaxRequest - spelled(r).size();
      r.old_names[0].append(room - room % 2, 'a');
      r.host.append(room % 2 + over, 'h');
      ck_assert_uint_eq(spelled(r).size(), kMaxRequest + over);
    });
    std::string many;
    while (many.size() < one.size() * (kMostRequests + over)) many += one;
    ck_assert(parse_requests(many).has_value() == (over == 0));
  }
}
END_TEST

START_TEST(a_host_is_a_word_that_can_name_its_file) {
  for (const char* host : {"h", "AZaz09", "a-b_c.", "-", "_"}) ck_assert_msg(is_host_word(host), "%s", host);
  for (const char* host :
       {"", ".a", "a/b", "a b", "a:b", "a@b", "a[b", "a`b", "a{b", "a,b", "a\nb", "\xE3\x81\x82"})
    ck_assert_msg(!is_host_word(host), "%s", host);
}
END_TEST

// --- keys
START_TEST(a_key_is_roots_alone_and_not_made_twice) {
  ck_assert(!make_request_key(keys->own).has_value());
  ck_assert_int_eq(static_cast<int>(std::filesystem::status(keys->own).permissions()), 0600);
  const std::string open = keys->directory.path("open.key");
  ck_assert(make_request_key(open).has_value() && sign_request(by_password(), open, keys->trust).has_value());
  std::filesystem::permissions(open, std::filesystem::perms(0644));
  ck_assert(!sign_request(by_password(), open, keys->trust).has_value());
  const std::string none = keys->directory.write("none.key", "none", std::filesystem::perms(0600));
  expect_contains(public_request_key(none, keys->trust).error().text, "is no Ed25519 key");
}
END_TEST

START_TEST(a_signature_is_of_one_key_and_one_text) {
  const std::string half = keys->half(keys->own);
  const Request request = by_password();
  ck_assert(is_signed_by(request, half) && is_signed_by(renewal(), half));
  ck_assert(!is_signed_by(request, keys->half(keys->other)) && !is_signed_by(request, "") &&
            !is_signed_by(request, half.substr(0, half.size() / 2)));
  const std::function<void(Request&)> kChanges[] = {
      [](Request& r) { r.host = "terminal-8"; }, [](Request& r) { r.account = "hanako"; },
      [](Request& r) { r.asked += 1s; },         [](Request& r) { r.made += 1s; },
      [](Request& r) { r.old_names = {kOld}; },  [](Request& r) { r.certificate.back() ^= 1; },
      [](Request& r) { r.signature[9] ^= 1; }};
  for (const auto& change : kChanges) {
    Request changed = request;
    change(changed);
    ck_assert(!is_signed_by(changed, half));
  }
}
END_TEST

// --- rules
struct Case {
  Request request = by_password();
  std::optional<std::string> key = keys->half(keys->own);
  std::vector<Decision> decisions = {};
  std::vector<Request> waiting = {};
  std::vector<Entry> overlay = {};
  bool ordinary = true;

  Expected<Unit, Trouble> run() const {
    return may_wait(request, {.now = kNow,
                              .public_key = key,
                              .decisions = decisions,
                              .waiting = waiting,
                              .overlay = overlay,
                              .ordinary = [this](const std::string& account) {
                                expect_text(account, request.account);
                                return ordinary;
                              }});
  }
};

void waits(const std::function<void(Case&)>& change) {
  Case one;
  change(one);
  const auto good = one.run();
  ck_assert_msg(good.has_value(), "%s", good ? "" : good.error().text.c_str());
}
void refused(const std::string& why, const std::function<void(Case&)>& change) {
  Case one;
  change(one);
  const auto good = one.run();
  ck_assert_msg(!good.has_value(), "taken, instead of: %s", why.c_str());
  expect_contains(good.error().text, why);
  ck_assert(good.error().status == ctl::ExitStatus::kBad);
}
Request at(Time asked, Time made) {
  Request request = by_password();
  request.asked = asked;
  request.made = made;
  return signed_again(request);
}
Request of(const std::string& account, std::uint8_t last) {
  Request request = by_password();
  request.account = account;
  request.certificate.back() = last;
  return request;
}
Entry own(const std::string& name, const std::string& account, Entry::State state = Entry::State::kAsked) {
  return {state, kNow, kNow, name, {}, account};
}

START_TEST(what_may_wait) {
  waits([](Case&) {});
  waits([](Case& c) { c.request = renewal(); });
  waits([](Case& c) { c.request = at(kNow - kRequestLife, kNow - kRequestLife); });
  waits([](Case& c) { c.request = at(kNow + 5min, kNow + 5min); });
  const std::string card = by_password().name();
  waits([&](Case& c) { c.decisions = {{true, kNow - 2h, card, "taro"}}; });  // asked anew
  waits([&](Case& c) { c.decisions = {{false, kNow, card, "hanako"}}; });
  waits([&](Case& c) { c.decisions = {{false, kNow, of("taro", 6).name(), "taro"}}; });
  waits([](Case& c) { c.waiting = {of("hanako", 6)}; });
  waits([&](Case& c) { c.overlay = {own(card, "taro", Entry::State::kRefused)}; });
}
END_TEST

START_TEST(who_asks_and_when) {
  refused("no requests are taken from this computer", [](Case& c) { c.key.reset(); });
  refused("did not sign this", [](Case& c) { c.key = keys->half(keys->other); });
  refused("did not sign this", [](Case& c) { c.request = signed_again(by_password(), keys->other); });
  refused("did not sign this", [](Case& c) { c.request.account = "hanako"; });
  refused("more than 14 days ago",
          [](Case& c) { c.request = at(kNow - kRequestLife - 1s, kNow - kRequestLife - 1s); });
  refused("in the future", [](Case& c) { c.request = at(kNow, kNow + 5min + 1s); });
  refused("in the future", [](Case& c) { c.request = at(kNow, kNow - 1s); });
}
END_TEST

START_TEST(once_and_alone) {
  const std::string card = by_password().name();
  refused("approved before", [&](Case& c) { c.decisions = {{true, kNow - 1h, card, "taro"}}; });
  refused("an administrator refused", [&](Case& c) {
    c.decisions = {
        {false, kNow, card, "hanako"}, {true, kNow - 2h, card, "taro"}, {false, kNow - 30h, card, "taro"}};
  });
  refused("this card waits for a decision here already", [](Case& c) { c.waiting = {by_password()}; });
  refused("for another account", [](Case& c) { c.waiting = {of("hanako", 5)}; });
  refused("another card waits", [](Case& c) { c.waiting = {of("taro", 6)}; });
  refused("this card waits for a decision here already", [&](Case& c) { c.overlay = {own(card, "taro")}; });
  refused("this card waits for a decision here already", [&](Case& c) {
    c.overlay = {{Entry::State::kPending, kNow, kNow, card, {kOld}}};
  });
  refused("for another account", [&](Case& c) {
    c.overlay = {own(card, "taro", Entry::State::kRefused), own(card, "hanako")};
  });
  refused("another card waits", [&](Case& c) { c.overlay = {own(of("taro", 6).name(), "taro")}; });
  refused("administers something", [](Case& c) { c.ordinary = false; });
}
END_TEST

registration::CardReading good_card() {
  registration::CardReading card;
  card.kind = x509::Kind::kJpkiAuthentication;
  card.path = card.revocation = Verdict::kAccepted;
  card.mappings = {"X509:<SKI>0102"};
  return card;
}
Held held(const std::string& account) {
  return {account, kOld, "map:1"};
}

START_TEST(what_may_be_bound) {
  ck_assert(may_be_bound(by_password(), good_card(), {}).has_value());
  ck_assert(may_be_bound(renewal(), good_card(), {{}, {held("taro")}, {held("taro")}}).has_value());
  const auto refused = [](const Request& request, const BoundFacts& bound, const std::string& why) {
    const auto good = may_be_bound(request, good_card(), bound);
    ck_assert_msg(!good.has_value(), "bound, instead of: %s", why.c_str());
    expect_contains(good.error().text, why);
  };
  refused(by_password(), {{held("taro")}, {}, {}}, "registered for this account already");
  refused(by_password(), {{held("hanako")}, {}, {}}, "hanako");
  refused(by_password(), {{held("taro"), held("hanako")}, {}, {}}, "registered");
  refused(by_password(), {{}, {}, {held("taro")}}, "has a card already");
  refused(renewal(), {{}, {}, {}}, "the older card");
  refused(renewal(), {{}, {held("hanako")}, {}}, "the older card");
  refused(renewal(), {{}, {held("taro"), held("hanako")}, {}}, "the older card");
  refused(renewal(), {{held("hanako")}, {held("taro")}, {}}, "hanako");
}
END_TEST

START_TEST(the_feed_has_to_agree) {
  using succession::Answer;
  const auto bound = [](Answer answer) {
    const BoundFacts facts{{}, {held("taro")}, {held("taro")}, std::move(answer)};
    return may_be_bound(renewal(), good_card(), facts).has_value();
  };
  ck_assert(bound({.kind = Answer::Kind::kOld, .old = {"X509:<SKI>ff", kOld}}));
  ck_assert(!bound({.kind = Answer::Kind::kOld, .old = {"X509:<SKI>ff"}}));
  for (const auto kind : {Answer::Kind::kNone, Answer::Kind::kUnknown, Answer::Kind::kFailed})
    ck_assert(!bound({.kind = kind, .old = {kOld}}));
}
END_TEST

START_TEST(a_certificate_that_cannot_log_in) {
  const auto refused = [](Verdict verdict, const std::function<void(registration::CardReading&)>& change) {
    registration::CardReading card = good_card();
    change(card);
    const auto good = may_be_bound(by_password(), card, {});
    ck_assert(!good.has_value() && good.error().verdict == verdict);
  };
  refused(Verdict::kCertificateExpired, [](auto& card) { card.path = Verdict::kCertificateExpired; });
  refused(Verdict::kRevoked, [](auto& card) { card.revocation = Verdict::kRevoked; });
  refused(Verdict::kRevocationUnknown, [](auto& card) { card.revocation = Verdict::kRevocationUnknown; });
  refused(Verdict::kCertificateUnacceptable, [](auto& card) { card.mappings.clear(); });
  registration::CardReading role = good_card();
  role.kind = x509::Kind::kLgpkiRole;
  expect_contains(may_be_bound(by_password(), role, {}).error().text, "of an office");
}
END_TEST

// --- store
START_TEST(what_waits_and_what_was_decided) {
  const TemporaryDirectory directory;
  const RequestStore store(directory.path("requests"), ::geteuid());
  ck_assert(store.read()->waiting.empty());
  const auto lock = store.lock();
  ck_assert(lock.has_value() && store.add(by_password()).has_value() &&
            store.add(of("hanako", 6)).has_value());
  ck_assert_uint_eq(store.read()->waiting.size(), 2);
  ck_assert(store.decide(by_password(), true, kNow).has_value());
  ck_assert(store.read()->waiting == std::vector{of("hanako", 6)});
  ck_assert(store.decide(of("hanako", 6), false, kNow).has_value());
  const auto content = store.read();
  ck_assert(content->waiting.empty());
  ck_assert(content->decisions == (std::vector<Decision>{{true, kNow, by_password().name(), "taro"},
                                                         {false, kNow, of("hanako", 6).name(), "hanako"}}));
  // A file that is left by a crash between the two steps; one that was asked for afterwards.
  ck_assert(store.add(by_password()).has_value() && store.read()->waiting.empty());
  ck_assert(store.add(at(kNow, kNow)).has_value() && store.read()->waiting.empty());
  ck_assert(store.add(at(kNow + 1s, kNow + 1s)).has_value());
  ck_assert_uint_eq(store.read()->waiting.size(), 1);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory.path()))
    ck_assert_int_eq(static_cast<int>(entry.status().permissions()), entry.is_directory() ? 0700 : 0600);
  // Approvals are forgotten when every such request is too old; refusals never.
  ck_assert(store.decide(of("jiro", 7), false, kNow + 90 * 24h).has_value());
  ck_assert_uint_eq(store.read()->decisions.size(), 3);
  ck_assert(store.decide(of("saburo", 8), false, kNow + 90 * 24h + 1s).has_value());
  const auto later = store.read()->decisions;
  ck_assert(later.size() == 3 && !later.front().approved);
}
END_TEST

// The decision was about one card for one account.
START_TEST(a_decision_is_about_one_request) {
  const Request decided = by_password();
  for (const bool approved : {false, true})
    for (const Request& other : {of("taro", 6), of("hanako", 5)}) {
      const TemporaryDirectory directory;
      const RequestStore store(directory.path("requests"), ::geteuid());
      ck_assert(store.lock().has_value() && store.decide(decided, approved, kNow).has_value());
      ck_assert(store.add(other).has_value());
      ck_assert(store.read()->waiting == std::vector{other});
    }
}
END_TEST

START_TEST(a_store_is_made_once_and_is_nobody_elses) {
  const TemporaryDirectory directory;
  const RequestStore store(directory.path("requests"), ::geteuid());
  for (int i = 0; i < 2; ++i) ck_assert(store.lock().has_value());
  ck_assert(!RequestStore(directory.path("none/requests"), ::geteuid()).lock().has_value());
  ck_assert(store.decide(by_password(), false, kNow).has_value() && store.read().has_value());
  std::filesystem::permissions(directory.path("requests/decided"), std::filesystem::perms(0604));
  ck_assert(!store.read().has_value());
}
END_TEST

START_TEST(a_store_that_is_damaged_says_so) {
  const TemporaryDirectory directory;
  const RequestStore store(directory.path(), ::geteuid());
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0700));
  const std::string whole = spelled(std::vector<Decision>{{true, kNow, by_password().name(), "taro"}});
  ck_assert(parse_decisions(whole).has_value());
  for (std::size_t size = 1; size < whole.size(); ++size) ck_assert(!parse_decisions(whole.substr(0, size)));
  for (const std::string& wrong :
       {"perhaps" + whole.substr(8), whole + "\n", "approved\t1x" + whole.substr(19),
        whole.substr(0, whole.size() - 1) + "\tmore\n", whole.substr(0, whole.size() - 5) + "\n",
        std::string("approved\t1\tX509:<S>CN=taro\ttaro\n")})
    ck_assert(!parse_decisions(wrong));
  directory.write("decided", "x\n", std::filesystem::perms(0600));
  expect_contains(store.read().error(), "decided: damaged");
  for (const std::size_t over : {0, 1}) {
    directory.write("decided", std::string((4 << 20) + over, 'x'), std::filesystem::perms(0600));
    ck_assert((store.read().error().find("damaged") == std::string::npos) ==
              (over == 1));  // is not read at all
  }
  std::filesystem::remove(directory.path("decided"));
  directory.write("0.request", spelled(by_password()), std::filesystem::perms(0600));
  expect_contains(store.read().error(), "0.request: damaged");
  std::filesystem::remove(directory.path("0.request"));
  ck_assert(store.add(by_password()).has_value() && store.read().has_value());
  const std::string name = by_password().name().substr(mapping::kThumbprintPrefix.size()) + ".request";
  directory.write(name, spelled(by_password()) + spelled(of("hanako", 6)), std::filesystem::perms(0600));
  expect_contains(store.read().error(), name + ": damaged");
}
END_TEST

Suite* suite() {
  Suite* const all = suite_create("requests");
  TCase* const tests = tcase_create("requests");
  for (const TTest* test :
       {a_request_is_read_as_it_was_written, everything_else_is_none, each_part_of_a_request_has_its_bound,
        a_host_is_a_word_that_can_name_its_file, a_key_is_roots_alone_and_not_made_twice,
        a_signature_is_of_one_key_and_one_text, what_may_wait, who_asks_and_when, once_and_alone,
        what_may_be_bound, the_feed_has_to_agree, a_certificate_that_cannot_log_in,
        what_waits_and_what_was_decided, a_decision_is_about_one_request,
        a_store_is_made_once_and_is_nobody_elses, a_store_that_is_damaged_says_so})
    tcase_add_test(tests, test);
  suite_add_tcase(all, tests);
  return all;
}

}  // namespace

int main() {
  const Keys made;
  keys = &made;
  return run_suite(suite());
}
