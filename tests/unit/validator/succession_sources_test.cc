// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What sources may write: the feed, the resolver's answer, the overlay; and a resolver that runs.
#include "tests/unit/support/expect.h"
#include "tests/unit/validator/pki_fixture.h"
#include "validator/succession/decision.h"
#include "validator/succession/feed.h"
#include "validator/succession/overlay.h"
#include "validator/succession/registrar_messages.h"
#include "validator/succession/resolver.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::test;
using namespace jpki::succession;
using namespace std::chrono_literals;

const std::string kNew = "SHA256:" + std::string(64, 'a');
const std::string kThumb = "X509:<SHA1-PUKEY>" + std::string(40, 'a');
const std::vector<std::string> kNames = {kThumb, kNew};

START_TEST(names_of_a_certificate) {
  const auto certificate = decoded(person().sign(key("root")));
  const auto jpki = names_of(certificate, x509::Kind::kJpkiAuthentication);
  const auto lgpki = names_of(certificate, x509::Kind::kLgpkiUser);
  // Issuer and serial name no JPKI certificate: all generations have one name.
  ck_assert_uint_eq(jpki.size(), 3);
  ck_assert_uint_eq(lgpki.size(), 4);
  ck_assert(lgpki[0].starts_with("X509:<I>") && jpki[0].starts_with("X509:<SKI>"));
  expect_text(registered_name(jpki), jpki[1]);
  const std::string issuer = issuer_of(certificate);
  ck_assert(lgpki[0].starts_with(issuer) && issuer.ends_with("<SR>"));
  ck_assert_uint_eq(lgpki[0].rfind("<SR>") + 4, issuer.size());
  ck_assert(jpki[1].starts_with("X509:<SHA1-PUKEY>") && jpki[2].starts_with("SHA256:"));
}
END_TEST

START_TEST(names_that_may_be_written) {
  expect_text(*canonical_name("SHA256:" + std::string(64, 'A'), true), kNew);
  expect_text(*canonical_name("X509:<SKI>ABcd", true), "X509:<SKI>abcd");
  ck_assert(canonical_name("X509:<I>C=JP,O=A B<SR>01", false).has_value());
  for (const std::string& wrong :
       {std::string("SHA256:aa"), "SHA256:" + std::string(64, 'g'), std::string("X509:<S>CN=taro"),
        std::string("X509:<RFC822>taro@city.example"), std::string("taro"), std::string(""),
        std::string("X509:<I>C=JP<S>CN=taro"), std::string("X509:<SKI>ab\x01"),
        std::string("X509:<I>C=JP,O=A\x01<SR>01"),
        std::string("X509:<I>C=JP,O=A\x1f"
                    "B<SR>01"),
        std::string("X509:<I>C=JP,O=A\x7f<SR>01")})
    ck_assert_msg(!canonical_name(wrong, true), "%s", wrong.c_str());
  ck_assert(!canonical_name(kNew, false));
}
END_TEST

START_TEST(feeds) {
  struct Row {
    std::string text;
    Answer::Kind kind;
    std::vector<std::string> old;
    std::string cause;
  };
  const std::string other = "SHA256:" + std::string(64, 'c');
  const Row rows[] = {
      {"", Answer::Kind::kUnknown, {}, ""},
      {"# a comment\n\n", Answer::Kind::kUnknown, {}, ""},
      {kNew + " X509:<SKI>0A\n", Answer::Kind::kOld, {"X509:<SKI>0a"}, ""},
      {kNew + "\tX509:<SKI>0A", Answer::Kind::kOld, {"X509:<SKI>0a"}, ""},
      {kThumb + "   X509:<SKI>0a X509:<SKI>0b\r\n", Answer::Kind::kOld, {"X509:<SKI>0a", "X509:<SKI>0b"}, ""},
      {kNew + " X509:<I>C=JP,O=A B,OU=c d<SR>01 X509:<SKI>0b\n",
       Answer::Kind::kOld,
       {"X509:<I>c=JP,o=A B,ou=c d<SR>01", "X509:<SKI>0b"},
       ""},
      {kNew + " X509:<SKI>0a\n" + kThumb + " X509:<SKI>0a\n", Answer::Kind::kOld, {"X509:<SKI>0a"}, ""},
      {other + " X509:<SKI>0a\n", Answer::Kind::kUnknown, {}, ""},
      {kNew + " none\n", Answer::Kind::kNone, {}, ""},
      {other + " none\n" + kNew + " X509:<SKI>0a\n", Answer::Kind::kOld, {"X509:<SKI>0a"}, ""},
      // A wrong line anywhere.
      {kNew + " none X509:<SKI>0a\n", Answer::Kind::kFailed, {}, ":1: says none and more"},
      {kNew + " X509:<SKI>0a\n" + kNew + " none\n", Answer::Kind::kFailed, {}, "says both"},
      {kNew + " X509:<SKI>0a\ntaro\n", Answer::Kind::kFailed, {}, ":2: does not begin"},
      {other + "\n", Answer::Kind::kFailed, {}, ":1: names no older certificate"},
      {other + " X509:<S>CN=taro\n", Answer::Kind::kFailed, {}, ":1: an older certificate needs a strong"},
      {other + " " + kNew + "\n", Answer::Kind::kFailed, {}, "needs a strong mapping string"},
      {"X509:<SKI>0A X509:<SKI>0a\n", Answer::Kind::kFailed, {}, "in place of itself"},
      {"#" + std::string(kFeedLineLimit, 'x') + "\n", Answer::Kind::kFailed, {}, "longer than a line"},
      {"#" + std::string(kFeedLineLimit - 1, 'x') + "\n", Answer::Kind::kUnknown, {}, ""},
  };
  for (const Row& row : rows) {
    const Answer found = search_feed(row.text, kNames);
    ck_assert_msg(found.kind == row.kind && found.old == row.old, "%s: %s", row.text.c_str(),
                  found.cause.c_str());
    expect_contains(found.cause, row.cause);
  }
  std::string many = kNew;
  for (int i = 10; i < 19; ++i) many += " X509:<SKI>" + std::to_string(i);
  ck_assert(search_feed(many, kNames).kind == Answer::Kind::kFailed);
  ck_assert(search_feed(many.substr(0, many.size() - 13), kNames).old.size() == kMostOld);
}
END_TEST

START_TEST(whose_a_feed_must_be) {
  const TemporaryDirectory directory;
  const std::string text = kNew + " X509:<SKI>0a\n";
  const auto answer = [&](const char* name, int mode) {
    return Feed(directory.write(name, text, std::filesystem::perms(mode)), ::getuid()).answer(kNames);
  };
  ck_assert(answer("good", 0640).kind == Answer::Kind::kOld);
  ck_assert(answer("good", 0640).kind == Answer::Kind::kOld);  // again from its beginning
  for (const int mode : {0660, 0646, 0644}) {
    const Answer found = answer("bad", mode);
    ck_assert_msg(found.kind == Answer::Kind::kFailed, "%o", static_cast<unsigned>(mode));
    expect_contains(found.cause, directory.path("bad"));
  }
  ck_assert(Feed(directory.path("missing"), ::getuid()).answer(kNames).kind == Answer::Kind::kFailed);
  std::filesystem::create_symlink(directory.path("good"), directory.path("link"));
  ck_assert(Feed(directory.path("link"), ::getuid()).answer(kNames).kind == Answer::Kind::kFailed);
  expect_contains(
      Feed(directory.write("wrong", "x\n", std::filesystem::perms(0640)), ::getuid()).answer(kNames).cause,
      directory.path("wrong") + ":1: ");
}
END_TEST

START_TEST(answers_of_a_resolver) {
  const std::string first = "jpki-succession 1\n";
  ck_assert((parse_resolver_answer(first + "old X509:<SKI>0A\nold X509:<SKI>0b\n") ==
             Answer{Answer::Kind::kOld, {"X509:<SKI>0a", "X509:<SKI>0b"}, {}}));
  ck_assert(parse_resolver_answer(first + "old X509:<SKI>0A").kind == Answer::Kind::kOld);
  ck_assert(parse_resolver_answer(first + "none\n").kind == Answer::Kind::kNone);
  ck_assert(parse_resolver_answer(first + "unknown\n").kind == Answer::Kind::kUnknown);
  std::string many = first;
  for (int i = 10; i < 19; ++i) many += "old X509:<SKI>" + std::to_string(i) + "\n";
  for (const std::string& wrong :
       {std::string(), first, std::string("jpki-succession 2\nnone\n"), std::string("none\n"),
        first + "none\nnone\n", first + "none\nold X509:<SKI>0a\n", first + "old X509:<SKI>0a\nunknown\n",
        first + "old X509:<S>CN=taro\n", first + "old \n", first + "\n", first + "old X509:<SKI>0a\n\n",
        first + "Old X509:<SKI>0a\n", first + "account taro\n", first + "old " + kNew + "\n", many,
        first + "none" + std::string(kMaxResolverAnswer, '\n')}) {
    const Answer found = parse_resolver_answer(wrong);
    ck_assert_msg(found.kind == Answer::Kind::kFailed && !found.cause.empty(), "%s", wrong.c_str());
    ck_assert(found.old.empty());
  }
}
END_TEST

// --- a resolver that runs
struct Script {
  TemporaryDirectory directory;
  int starter = -1;
  Answer run(const std::string& body, std::chrono::milliseconds timeout = 20s, int mode = 0755) const {
    const auto file = directory.write("resolver", "#!/bin/sh\n" + body, std::filesystem::perms(mode));
    ck_assert_int_eq(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    const auto certificate = decoded(person().sign(key("root")));
    return ask_resolver(file, resolver_question(certificate, x509::Kind::kJpkiAuthentication), timeout,
                        starter, ::getuid());
  }
  // What it and its children are, once it was asked: nobody.
  static void nobody_is_left() {
    ck_assert_int_eq(::waitpid(-1, nullptr, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
  }
};
const std::string kSays = "echo jpki-succession 1; echo old 'X509:<SKI>0a'\n";

START_TEST(a_resolver_is_told_and_answers) {
  const Script script;
  const std::string seen = script.directory.path("seen");
  const Answer answer =
      script.run("cat >" + seen + "\nenv | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= >" + seen +
                 ".env\nls /proc/self/fd >" + seen + ".fds\npwd >>" + seen + ".env\n" + kSays);
  ck_assert_msg(answer.kind == Answer::Kind::kOld, "%s", answer.cause.c_str());
  ck_assert(answer.old == std::vector<std::string>{"X509:<SKI>0a"});
  const auto text = [](const std::string& path) {
    std::ifstream stream(path);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  };
  const auto certificate = decoded(person().sign(key("root")));
  expect_text(text(seen), resolver_question(certificate, x509::Kind::kJpkiAuthentication));
  expect_contains(text(seen), "jpki-succession 1\nkind jpki-authentication\nsha256 ");
  expect_contains(text(seen), "\ncertificate MII");
  expect_text(text(seen + ".env"), "/\n");
  expect_text(text(seen + ".fds"), "0\n1\n2\n3\n");  // 3: of ls itself
  Script::nobody_is_left();
}
END_TEST

START_TEST(a_resolver_that_goes_wrong) {
  const Script script;
  struct Row {
    std::string body;
    std::chrono::milliseconds timeout;
    std::string cause;
  };
  const Row rows[] = {
      {"exec sleep 1000\n", 100ms, "did not answer in time"},
      {kSays + "exec >&-; exec sleep 1000 <&-\n", 300ms, "in time"},
      {"setsid sleep 1000 & setsid sleep 1000 &\nwait\n", 100ms, "in time"},
      {kSays + "setsid sleep 1000 >/dev/null 2>&1 </dev/null &\nexit 3\n", 20s, "exit status 3"},
      {kSays + "exit 1\n", 20s, "exit status 1"},
      {kSays + "kill -9 $$\n", 20s, "did not end by itself"},
      {"echo garbage\n", 20s, "does not begin"},
      {"while :; do echo jpki-succession 1; done\n", 20s, "too long"},
      {"exit 0\n", 20s, "does not begin"},
  };
  for (const Row& row : rows) {
    const Answer answer = script.run(row.body, row.timeout);
    ck_assert_msg(answer.kind == Answer::Kind::kFailed, "%s", row.body.c_str());
    expect_contains(answer.cause, row.cause);
    Script::nobody_is_left();
  }
}
END_TEST

START_TEST(nobody_waits_for_a_resolver) {
  int pair[2];
  ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
  Script script;
  script.starter = pair[0];
  ck_assert(script.run(kSays).kind == Answer::Kind::kOld);
  ::close(pair[1]);
  expect_contains(script.run("exec sleep 1000\n").cause, "nobody waits");
  Script::nobody_is_left();
}
END_TEST

START_TEST(whose_a_resolver_must_be) {
  const Script script;
  expect_contains(script.run(kSays, 20s, 0775).cause, "writable by group");
  expect_contains(script.run(kSays, 20s, 0644).cause, "cannot be run");
  ck_assert(ask_resolver(script.directory.path("missing"), "", 1s, -1, ::getuid()).kind ==
            Answer::Kind::kFailed);
}
END_TEST

// --- the overlay
const Time kTime{std::chrono::seconds(1'796'000'000)};
const Entry kPendingEntry{
    Entry::State::kPending, kTime, kTime + 14 * 24h, kThumb, {"X509:<SKI>0a", "X509:<SKI>0b"}};
const Entry kRefusedEntry{
    Entry::State::kRefused, kTime, kTime, "X509:<SHA1-PUKEY>" + std::string(40, 'b'), {"X509:<SKI>0c"}};

START_TEST(the_overlay_is_read_strictly) {
  const std::string text = spelled({kPendingEntry, kRefusedEntry});
  expect_text(text, "jpki-succession 1\npending\t1796000000\t1797209600\t" + kThumb +
                        "\tX509:<SKI>0a\tX509:<SKI>0b\nrefused\t1796000000\t1796000000\t" +
                        kRefusedEntry.new_name + "\tX509:<SKI>0c\n");
  const auto read = parse_overlay(text);
  ck_assert(read && *read == (std::vector<Entry>{kPendingEntry, kRefusedEntry}));
  ck_assert(parse_overlay("jpki-succession 1\n")->empty());
  for (std::size_t size = 0; size < text.size(); ++size)
    if (size != 18 && text[size - (size > 0)] != '\n') ck_assert(!parse_overlay(text.substr(0, size)));
  const std::string line = "pending\t1\t2\t" + kThumb + "\tX509:<SKI>0a";
  ck_assert(parse_overlay("jpki-succession 1\n" + line + "\n").has_value());
  for (const std::string& wrong :
       {std::string("\n"), "Pending" + line.substr(7) + "\n", line + "\t\n", line + "\tx\n",
        "pending\t1\tx" + line.substr(11) + "\n", "pending\t1\t-2" + line.substr(11) + "\n",
        "pending\t-1" + line.substr(9) + "\n", "pending\t1x" + line.substr(9) + "\n",
        "pending\t1\t2\t" + kThumb + "\n", line + " \n", "pending\t1\t2\t" + kThumb + "\tX509:<SKI>0A\n",
        "pending\t1\t2\t" + kNew + "\tX509:<SKI>0a\n", "pending\t1\t2\t" + kThumb + "\tX509:<S>cn=taro\n"})
    ck_assert_msg(!parse_overlay("jpki-succession 1\n" + wrong), "%s", wrong.c_str());
  ck_assert(!parse_overlay("jpki-succession 2\n" + line + "\n"));
  ck_assert(parse_overlay("jpki-succession 1\npending\t0\t0" + line.substr(11) + "\n").has_value());
  std::string many = line;
  for (std::size_t i = 1; i < kMostOld; ++i) many += "\tX509:<SKI>0" + std::to_string(i);
  ck_assert(parse_overlay("jpki-succession 1\n" + many + "\n").has_value());
  ck_assert(!parse_overlay("jpki-succession 1\n" + many + "\tX509:<SKI>0f\n").has_value());
}
END_TEST

START_TEST(an_entry_may_hold_its_certificate) {
  Entry renewed = kPendingEntry;
  renewed.certificate = {0x30, 0x01, 0x02, 0x03};
  const Entry own{Entry::State::kAsked, kTime, kTime, kThumb, {}, "taro", Blob(kMaxEntryCertificate, 7)};
  const auto read = parse_overlay(spelled({renewed, own, kRefusedEntry}));
  ck_assert(read && *read == (std::vector<Entry>{renewed, own, kRefusedEntry}));
  Entry longer = own;
  longer.certificate.push_back(7);
  ck_assert(!parse_overlay(spelled({longer})));
  const std::string line = "jpki-succession 1\nasked\t1\t1\t" + kThumb + "\taccount=taro\tcertificate=";
  ck_assert(parse_overlay(line + "MAECAw==\n").has_value());
  for (const char* wrong : {"", "MAECAw=", "MAECAx==", "MAECAw==\tcertificate=MAECAw==", "MAEC Aw="})
    ck_assert_msg(!parse_overlay(line + wrong + "\n"), "%s", wrong);
}
END_TEST

// Who registered a card waits or logs in; a pair of certificates is pending or refused.
START_TEST(which_states_an_entry_may_have) {
  const auto has = [](const char* state, const std::string& what) {
    return parse_overlay("jpki-succession 1\n" + std::string(state) + "\t1\t2\t" + kThumb + "\t" + what +
                         "\n")
        .has_value();
  };
  for (const char* state : {"pending", "refused", "asked", "bound"}) {
    const bool own = std::string_view(state) != "pending";
    const bool joined = std::string_view(state) == "pending" || std::string_view(state) == "refused";
    ck_assert_msg(has(state, "account=taro") == own, "%s", state);
    ck_assert_msg(has(state, "X509:<SKI>0a") == joined, "%s", state);
  }
  ck_assert(!has("bound", "account=taro\tX509:<SKI>0a") && !has("bound", "account=taro\taccount=taro"));
  ck_assert(!has("bound", "account=") && !has("bound", "account=ta ro"));
}
END_TEST

START_TEST(accounts_that_stand_in_a_line) {
  for (const std::string& good :
       {std::string("taro"), std::string("!~"), std::string("太郎"), std::string(256, 'a')})
    ck_assert_msg(is_account_text(good), "%s", good.c_str());
  for (const std::string& bad : {std::string(), std::string("ta ro"), std::string("taro\t"),
                                 std::string("\x7f"), std::string("a\x1f"), std::string(257, 'a')})
    ck_assert_msg(!is_account_text(bad), "%s", bad.c_str());
}
END_TEST

START_TEST(questions_to_the_overlay) {
  const std::vector<Entry> entries{kRefusedEntry, kPendingEntry};
  ck_assert(pending_of(entries, kNames) == &entries[1]);
  ck_assert(pending_of(entries, {"X509:<SKI>0a"}) == nullptr);
  ck_assert(pending_of(entries, {kRefusedEntry.new_name}) == nullptr);
  ck_assert(successor_of(entries, {"X509:<SKI>99", "X509:<SKI>0b"}) == &entries[1]);
  ck_assert(successor_of(entries, {"X509:<SKI>0c"}) == nullptr);
  ck_assert(successor_of(entries, {kThumb}) == nullptr);
  ck_assert(is_refused(entries, kRefusedEntry.new_name, {"X509:<SKI>99", "X509:<SKI>0c"}));
  ck_assert(!is_refused(entries, kRefusedEntry.new_name, {"X509:<SKI>0a"}));
  ck_assert(!is_refused(entries, kThumb, {"X509:<SKI>0a"}));
}
END_TEST

START_TEST(the_overlay_is_changed_whole) {
  const TemporaryDirectory directory;
  const uid_t me = ::getuid();
  ck_assert(read_overlay(directory.path(), me)->empty());
  const auto add = [](const Entry& entry) {
    return [entry](std::vector<Entry>& entries) -> Expected<bool, std::string> {
      entries.push_back(entry);
      return true;
    };
  };
  ck_assert(change_overlay(directory.path(), me, add(kPendingEntry)).has_value());
  ck_assert(change_overlay(directory.path(), me, add(kRefusedEntry)).has_value());
  const auto refused = change_overlay(directory.path(), me, [](auto& entries) -> Expected<bool, std::string> {
    entries.clear();
    return Unexpected{std::string("no")};
  });
  ck_assert(!refused && refused.error() == "no");
  ck_assert(change_overlay(directory.path(), me, [](auto& entries) -> Expected<bool, std::string> {
              entries.clear();
              return false;
            }).has_value());
  ck_assert(*read_overlay(directory.path(), me) == (std::vector<Entry>{kPendingEntry, kRefusedEntry}));
  const std::string file = directory.path() + kOverlayFile;
  ck_assert(std::filesystem::status(file).permissions() == std::filesystem::perms(0600));
  // What others can read, or damaged, is none: and nothing is written over it.
  std::filesystem::permissions(file, std::filesystem::perms(0644));
  ck_assert(!read_overlay(directory.path(), me).has_value());
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  std::ofstream(file, std::ios::app) << "x\n";
  expect_contains(read_overlay(directory.path(), me).error(), "overlay:4: is no entry");
  ck_assert(!change_overlay(directory.path(), me, add(kPendingEntry)).has_value());
}
END_TEST

START_TEST(packets) {
  const Question question{x509::Kind::kJpkiAuthentication, "taro", {1, 2, 3}};
  for (const Reply& reply : {Reply{true, 14, {}}, Reply{false, 0, "why"}}) {
    Blob packet(256);
    WireWriter out(packet);
    write(out, reply);
    ck_assert(read_reply(Bytes(packet).first(out.used())) == reply);
    for (std::size_t size = 0; size < out.used(); ++size) ck_assert(!read_reply(Bytes(packet).first(size)));
    ck_assert(!read_reply(Bytes(packet).first(out.used() + 1)));
  }
  Blob packet(256);
  WireWriter out(packet);
  write(out, question);
  ck_assert(read_question(Bytes(packet).first(out.used())) == question);
  for (std::size_t size = 0; size < out.used(); ++size) ck_assert(!read_question(Bytes(packet).first(size)));
  for (const Question& wrong :
       {Question{x509::Kind::kJpkiSignature, "taro", {1}}, Question{x509::Kind::kLgpkiUser, "", {1}}}) {
    WireWriter again(packet);
    write(again, wrong);
    ck_assert(!read_question(Bytes(packet).first(again.used())));
  }
  for (const Reply& wrong : {Reply{false, 3, "why"}, Reply{false, 0, ""}}) {
    WireWriter again(packet);
    write(again, wrong);
    ck_assert(!read_reply(Bytes(packet).first(again.used())));
  }
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("succession sources");
  TCase* all = tcase_create("all");
  tcase_add_test(all, names_of_a_certificate);
  tcase_add_test(all, names_that_may_be_written);
  tcase_add_test(all, feeds);
  tcase_add_test(all, whose_a_feed_must_be);
  tcase_add_test(all, answers_of_a_resolver);
  tcase_add_test(all, a_resolver_is_told_and_answers);
  tcase_add_test(all, a_resolver_that_goes_wrong);
  tcase_add_test(all, nobody_waits_for_a_resolver);
  tcase_add_test(all, whose_a_resolver_must_be);
  tcase_add_test(all, the_overlay_is_read_strictly);
  tcase_add_test(all, an_entry_may_hold_its_certificate);
  tcase_add_test(all, which_states_an_entry_may_have);
  tcase_add_test(all, accounts_that_stand_in_a_line);
  tcase_add_test(all, questions_to_the_overlay);
  tcase_add_test(all, the_overlay_is_changed_whole);
  tcase_add_test(all, packets);
  suite_add_tcase(suite, all);
  return suite;
}

}  // namespace

int main() {
  (void)jpki::test::key("root");
  (void)jpki::test::key("person");
  return run_suite(suite());
}
