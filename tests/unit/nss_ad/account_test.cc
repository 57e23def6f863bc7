// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Account rules, and what jpki-account answers from files.
#include "nss_ad/account/inquiry.h"
#include "nss_ad/account/live_process.h"
#include "nss_ad/account/rules.h"
#include "nss_ad/snapshot/format.h"
#include "nss_ad/snapshot/reader.h"
#include "nss_ad/snapshot/writer.h"
#include "tests/unit/nss_ad/entries.h"

#include <array>
#include <cerrno>
#include <fstream>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::ad;
using namespace jpki::test;
using namespace std::chrono_literals;
using account::decide;

// 2026-11-22 was a Sunday.
constexpr Time kSunday{std::chrono::sys_days(std::chrono::year(2026) / 11 / 22)};
constexpr Time kNow = kSunday + std::chrono::hours(34);  // Monday 10:00 UTC

struct Case {
  AccountState state;
  account::Circumstances circumstances{kNow, "login", "PC1"};
  config::AccountRules rules;

  Case() { state.user_account_control = 512; }
  void expect(Verdict verdict) const {
    const auto membership = [](const std::string& group) -> std::optional<bool> {
      if (group == "unknown") return std::nullopt;
      return group == "mine";
    };
    const auto decision = decide(state, circumstances, rules, membership);
    expect_verdict(decision.verdict, verdict, decision.cause);
    ck_assert(decision.cause.empty() == (verdict == Verdict::kAccepted));
  }
};

START_TEST(states) {
  Case good;
  good.expect(Verdict::kAccepted);
  Case disabled;
  disabled.state.user_account_control = 514;
  disabled.expect(Verdict::kAccountDisabled);
  Case expires;
  ck_assert_int_eq(account::to_file_time(Time{}), 116444736000000000);
  for (const FileTime never : {FileTime{0}, FileTime{INT64_MAX}}) {
    expires.state.account_expires = never;
    expires.expect(Verdict::kAccepted);
  }
  expires.state.account_expires = account::to_file_time(kNow);
  expires.expect(Verdict::kAccountExpired);
  expires.state.account_expires = account::to_file_time(kNow) + 1;
  expires.expect(Verdict::kAccepted);
}
END_TEST

START_TEST(locks_end_by_themselves) {
  Case locked;
  locked.state.lockout_time = account::to_file_time(kNow - std::chrono::minutes(29));
  locked.expect(Verdict::kAccountLocked);
  locked.state.lockout_time = account::to_file_time(kNow - std::chrono::minutes(30));
  locked.expect(Verdict::kAccepted);
  locked.rules.lockout_duration = std::chrono::seconds(0);
  locked.expect(Verdict::kAccountLocked);
  locked.rules.lockout_duration = std::chrono::minutes(30);
  locked.state.lockout_time = INT64_MAX;
  locked.expect(Verdict::kAccountLocked);
  // 0 is "not locked", also where a lock has no end.
  locked.rules.lockout_duration = std::chrono::seconds(0);
  locked.state.lockout_time = 1;
  locked.expect(Verdict::kAccountLocked);
  locked.state.lockout_time = 0;
  locked.expect(Verdict::kAccepted);
}
END_TEST

START_TEST(logon_hours_count_in_utc_from_sunday) {
  Case hours;
  hours.state.logon_hours = LogonHours{};
  hours.expect(Verdict::kLogonHoursDenied);
  (*hours.state.logon_hours)[34 / 8] = 1 << (34 % 8);
  hours.expect(Verdict::kAccepted);
  hours.circumstances.now = kNow + std::chrono::minutes(59);
  hours.expect(Verdict::kAccepted);
  hours.circumstances.now = kNow + std::chrono::hours(1);
  hours.expect(Verdict::kLogonHoursDenied);
  hours.circumstances.now = kNow - std::chrono::seconds(1);
  hours.expect(Verdict::kLogonHoursDenied);
  hours.circumstances.now = kNow + std::chrono::hours(7 * 24);
  hours.expect(Verdict::kAccepted);
  *hours.state.logon_hours = {1};
  hours.circumstances.now = kSunday;
  hours.expect(Verdict::kAccepted);
  *hours.state.logon_hours = {};
  hours.expect(Verdict::kLogonHoursDenied);
  // A clock that stands before 1970, on a Wednesday's last hour.
  hours.circumstances.now = Time{} - std::chrono::seconds(1);
  hours.expect(Verdict::kLogonHoursDenied);
  (*hours.state.logon_hours)[(3 * 24 + 23) / 8] = 1 << ((3 * 24 + 23) % 8);
  hours.expect(Verdict::kAccepted);
}
END_TEST

START_TEST(workstations) {
  Case places;
  places.state.workstations = {"PC7", "pc1"};
  places.expect(Verdict::kAccepted);
  places.state.workstations = {"PC11"};
  places.expect(Verdict::kWorkstationDenied);
  places.circumstances.workstation.clear();
  places.expect(Verdict::kWorkstationDenied);
}
END_TEST

START_TEST(groups) {
  const struct {
    config::ServiceRule rule;
    Verdict verdict;
  } cases[] = {
      {{{}, {"mine"}, {}}, Verdict::kAccepted},
      {{{}, {"other", "mine"}, {}}, Verdict::kAccepted},
      {{{}, {"other"}, {}}, Verdict::kGroupDenied},
      {{{}, {"unknown"}, {}}, Verdict::kGroupDenied},
      {{{"sshd"}, {"other"}, {}}, Verdict::kAccepted},
      {{{"sshd", "login"}, {"other"}, {}}, Verdict::kGroupDenied},
      {{{}, {}, {"other"}}, Verdict::kAccepted},
      {{{}, {"mine"}, {"mine"}}, Verdict::kGroupDenied},
      {{{}, {}, {"unknown"}}, Verdict::kAccountStateUnknown},
  };
  for (const auto& [rule, verdict] : cases) {
    Case one;
    one.rules.service_rules = {rule};
    one.expect(verdict);
  }
  Case both;
  both.rules.service_rules = {{{}, {"mine"}, {}}, {{"login"}, {"other"}, {}}};
  both.expect(Verdict::kGroupDenied);
  both.rules.service_rules = {{{"sshd"}, {"mine"}, {}}, {{}, {"other"}, {}}};  // the first is for others
  both.expect(Verdict::kGroupDenied);
}
END_TEST

// --- from files -----------------------------------------------------------------------------------------
struct Files {
  TemporaryDirectory directory;
  snapshot::Contents contents;
  account::AskLive ask_live;

  std::string host_name = "pc1.ad.test";
  Files() {
    contents.realm = "AD.TEST";
    contents.netbios = "ADT";
    contents.synchronized = kNow;
    snapshot::UserEntry user;
    user.name = "Taro";
    user.uid = 10001;
    user.gid = 20000;
    user.home = "/home/taro";
    user.shell = "/bin/sh";
    user.sid = domain_sid(1107);
    user.state.user_account_control = 512;
    contents.users = {user};
    contents.groups = {{"staff", 20000, domain_sid(513), {0}}, {"admins", 20001, domain_sid(600), {}}};
    directory.write("ad.toml", "[directory]\nrealm = \"AD.TEST\"\n");
  }
  AccountAnswer ask(const std::string& account, Time now = kNow) const {
    const auto written = snapshot::write_snapshots(contents, {directory.path(), ::getegid(), ::getegid()});
    ck_assert_msg(written.has_value(), "%s", written ? "" : written.error().c_str());
    return inquire({"login", account, {}, false}, now);
  }
  AccountAnswer inquire(const AccountQuestion& question, Time now = kNow) const {
    const auto config = config::load_ad_config(directory.path("ad.toml"), {.owner = ::getuid()});
    return account::inquire(question, config, {directory.path(), host_name, ::getuid(), ask_live}, now);
  }
};

void expect_answer(const AccountAnswer& answer, Verdict verdict) {
  ck_assert_msg(answer.verdict.has_value(), "not of the directory");
  expect_verdict(*answer.verdict, verdict, answer.cause);
}

START_TEST(answers) {
  Files files;
  expect_answer(files.ask("taro"), Verdict::kAccepted);
  ck_assert(!files.ask("root").verdict);
  files.contents.users[0].state.workstations = {"PC1"};
  expect_answer(files.ask("Taro"), Verdict::kAccepted);
  files.contents.users[0].state.workstations = {"PC2"};
  expect_answer(files.ask("Taro"), Verdict::kWorkstationDenied);
  files.contents.users[0].state.user_account_control = 514;
  expect_answer(files.ask("Taro"), Verdict::kAccountDisabled);
}
END_TEST

START_TEST(a_long_host_name_is_cut_as_in_the_directory) {
  Files files;
  files.host_name = "terminal-of-the-counter.ad.test";
  files.contents.users[0].state.workstations = {"TERMINAL-OF-THE"};
  expect_answer(files.ask("taro"), Verdict::kAccepted);
  files.contents.users[0].state.workstations = {"TERMINAL-OF-TH"};
  expect_answer(files.ask("taro"), Verdict::kWorkstationDenied);
  files.host_name = "terminal-of-the";
  files.contents.users[0].state.workstations = {"TERMINAL-OF-THE"};
  expect_answer(files.ask("taro"), Verdict::kAccepted);
}
END_TEST

START_TEST(a_refresh_that_was_cut_off) {
  Files files;
  files.ask("taro");
  const std::string users = files.directory.path("users.snap");
  const std::string kept = files.directory.path("kept");
  std::filesystem::rename(users, kept);
  files.contents.users.clear();
  files.contents.groups.clear();
  ck_assert(!files.ask("taro").verdict);
  std::filesystem::rename(kept, users);
  expect_answer(files.inquire({"login", "taro", {}, false}), Verdict::kAccountDisabled);
  ck_assert(!files.inquire({"login", "root", {}, false}).verdict);
}
END_TEST

START_TEST(a_name_with_another_uid_is_another_account) {
  Files files;
  files.ask("taro");
  expect_answer(files.inquire({"login", "Taro", 10001, false}), Verdict::kAccepted);
  expect_answer(files.inquire({"login", "Taro", 10002, false}), Verdict::kAccountOther);
  expect_answer(files.inquire({"login", "Taro", 0, false}), Verdict::kAccountOther);
  // Of a local account nothing else is asked, whatever else there is to say.
  files.contents.users[0].state.user_account_control = 514;
  files.ask("taro", kNow);
  files.directory.write("ad.toml", "broken");
  expect_answer(files.inquire({"login", "taro", 1000, true}), Verdict::kAccountOther);
  ck_assert(!files.inquire({"login", "taro", 10001, true}).verdict);
  ck_assert(!files.inquire({"login", "root", 0, true}).verdict);
  files.directory.write("users.snap", "damaged");
  expect_answer(files.inquire({"login", "root", 0, true}), Verdict::kAccountStateUnknown);
  std::filesystem::remove(files.directory.path("users.snap"));
  ck_assert(!files.inquire({"login", "root", 0, true}).verdict);
}
END_TEST

START_TEST(while_an_editor_replaces_the_configuration) {
  Files files;
  files.ask("taro");
  std::filesystem::remove(files.directory.path("ad.toml"));
  expect_answer(files.inquire({"login", "taro", {}, false}), Verdict::kAccountStateUnknown);
  ck_assert(!files.inquire({"login", "somebody", {}, false}).verdict);
  std::filesystem::remove(files.directory.path("users.snap"));
  ck_assert(!files.inquire({"login", "taro", {}, false}).verdict);
}
END_TEST

// What stands behind the gids of an account in the file is no gid of it, and may be the number of a group.
START_TEST(a_group_is_not_what_stands_behind_the_gids) {
  Files files;
  files.directory.write(
      "ad.toml", "[directory]\nrealm = \"AD.TEST\"\n[[account.rule]]\nallowed_groups = [\"admins\"]\n");
  const auto behind = [&] {
    expect_answer(files.ask("taro"), Verdict::kGroupDenied);
    const auto users = snapshot::OpenedUsers::open(files.directory.path("users.snap"), ::getuid());
    ck_assert(users.has_value());
    snapshot::Memberships of_user{};
    ck_assert(users->view().memberships_of("taro", 4, of_user) == snapshot::Look::kFound);
    return snapshot::format::load<std::uint32_t>(of_user.gids + std::size_t{4} * of_user.gid_count);
  };
  auto next = files.contents.users[0];
  next.name = "Hana";
  next.uid = 10002;
  next.sid = domain_sid(1108);
  files.contents.users.push_back(next);
  files.contents.groups[1].gid = behind();
  ck_assert_uint_eq(behind(), files.contents.groups[1].gid);
}
END_TEST

START_TEST(answers_about_groups) {
  Files files;
  const auto rule = [&](const std::string& text) {
    files.directory.write("ad.toml", "[directory]\nrealm = \"AD.TEST\"\n[[account.rule]]\n" + text + "\n");
    return files.ask("taro");
  };
  expect_answer(rule("allowed_groups = [\"STAFF\"]"), Verdict::kAccepted);
  expect_answer(rule("allowed_groups = [\"" + domain_sid(513).text() + "\"]"), Verdict::kAccepted);
  expect_answer(rule("allowed_groups = [\"admins\"]"), Verdict::kGroupDenied);
  expect_answer(rule("denied_groups = [\"" + domain_sid(600).text() + "\"]"), Verdict::kAccepted);
  expect_answer(rule("denied_groups = [\"nobody\"]"), Verdict::kAccountStateUnknown);
  // The first and the last of several.
  files.contents.groups = {{"staff", 20000, domain_sid(513), {0}}, {"tax", 20002, domain_sid(602), {0}},
                           {"water", 20003, domain_sid(603), {0}}, {"roads", 20004, domain_sid(604), {0}},
                           {"old", 19999, domain_sid(599), {0}},   {"admins", 20001, domain_sid(600), {}}};
  for (const char* group : {"old", "staff", "tax", "water", "roads"})
    expect_answer(rule("allowed_groups = [\"" + std::string(group) + "\"]"), Verdict::kAccepted);
  expect_answer(rule("allowed_groups = [\"admins\"]"), Verdict::kGroupDenied);
}
END_TEST

// users.snap is of another refresh than restricted.snap.
START_TEST(groups_of_another_account_under_the_name_are_none) {
  Files files;
  files.directory.write("ad.toml",
                        "[directory]\nrealm = \"AD.TEST\"\n[[account.rule]]\nallowed_groups = [\"staff\"]\n");
  expect_answer(files.ask("taro"), Verdict::kAccepted);
  const std::string restricted = files.directory.path("restricted.snap"), kept = files.directory.path("kept");
  std::filesystem::rename(restricted, kept);
  files.contents.users[0].uid = 10002;
  files.ask("taro");
  std::filesystem::rename(kept, restricted);
  expect_answer(files.inquire({"login", "taro", {}, false}), Verdict::kAccountStateUnknown);
}
END_TEST

START_TEST(what_cannot_be_read_refuses) {
  Files files;
  expect_answer(files.inquire({"login", "taro", {}, false}),
                Verdict::kAccountStateUnknown);  // no snapshot yet
  expect_answer(files.ask("taro", kNow + std::chrono::hours(168)), Verdict::kAccepted);
  expect_answer(files.ask("taro", kNow + std::chrono::hours(168) + std::chrono::seconds(1)),
                Verdict::kAccountStateStale);
  expect_contains(files.ask("taro", kNow + std::chrono::hours(170)).cause, "is 170 hours old");
  expect_answer(files.ask("taro", kNow - std::chrono::minutes(5)), Verdict::kAccepted);
  expect_answer(files.ask("taro", kNow - std::chrono::minutes(5) - std::chrono::seconds(1)),
                Verdict::kAccountStateStale);
  files.directory.write("ad.toml", "[directory]\nrealms = \"x\"\n");
  expect_answer(files.ask("taro"), Verdict::kAccountStateUnknown);
  files.directory.write("ad.toml", "[directory]\nrealm = \"AD.TEST\"\n");
  std::filesystem::remove(files.directory.path("users.snap"));
  expect_answer(files.inquire({"login", "taro", {}, false}), Verdict::kAccountStateUnknown);
}
END_TEST

// --- the directory's own word ---------------------------------------------------------------------------
account::Live said(std::uint32_t control) {
  account::Live live{account::Live::Kind::kState, {}, "dc1.ad.test:389"};
  live.state.user_account_control = control;
  return live;
}

START_TEST(the_directory_overrules_the_snapshot) {
  Files files;
  std::optional<Sid> asked;
  account::Live live;
  files.ask_live = [&](const Sid& sid) {
    asked = sid;
    return live;
  };
  const auto source = [&] { return files.ask("taro").source; };
  live = said(514);
  expect_answer(files.ask("taro"), Verdict::kAccountDisabled);
  ck_assert(asked == domain_sid(1107));
  live.state = {};
  live.state.user_account_control = 512;
  live.state.workstations = {"PC2"};
  expect_answer(files.ask("taro"), Verdict::kWorkstationDenied);
  live = said(512);
  expect_answer(files.ask("taro"), Verdict::kAccepted);
  ck_assert(source() == "dc1.ad.test:389");
  files.contents.users[0].state.user_account_control = 514;
  expect_answer(files.ask("taro"), Verdict::kAccepted);
  live = {account::Live::Kind::kGone, {}, "dc1.ad.test:389"};
  expect_answer(files.ask("taro"), Verdict::kAccountDisabled);
}
END_TEST

START_TEST(without_an_answer_the_snapshot_decides) {
  Files files;
  files.ask_live = [](const Sid&) {
    account::Live live{account::Live::Kind::kUnanswered, {}, "nobody listens"};
    live.state.user_account_control = 512;
    return live;
  };
  expect_answer(files.ask("taro"), Verdict::kAccepted);
  const std::string source = files.ask("taro").source;
  ck_assert_msg(source == "snapshot of 0 minutes ago; the directory was asked: nobody listens", "%s",
                source.c_str());
  files.contents.users[0].state.user_account_control = 514;
  expect_answer(files.ask("taro"), Verdict::kAccountDisabled);
}
END_TEST

START_TEST(the_directory_does_not_tell_of_groups_and_age) {
  Files files;
  bool asked = false;
  files.ask_live = [&](const Sid&) {
    asked = true;
    return said(512);
  };
  expect_answer(files.ask("taro", kNow + std::chrono::hours(169)), Verdict::kAccountStateStale);
  ck_assert(!files.ask("root").verdict);
  ck_assert(!asked);
  files.directory.write(
      "ad.toml", "[directory]\nrealm = \"AD.TEST\"\n[[account.rule]]\nallowed_groups = [\"admins\"]\n");
  expect_answer(files.ask("taro"), Verdict::kGroupDenied);
  ck_assert(asked);
}
END_TEST

// What stands in for jpki-account-live: a script whose standard input is the socket.
struct Helper {
  explicit Helper(const std::string& does) {
    directory.write("helper", "#!/bin/sh\n" + does + "\n", std::filesystem::perms(0755));
  }
  account::Live ask(std::chrono::milliseconds patience = 10s) const {
    return account::LiveProcess(directory.path("helper")).ask(domain_sid(1107), patience);
  }
  bool unanswered(const char* why, std::chrono::milliseconds patience = 10s) const {
    const auto live = ask(patience);
    return live.kind == account::Live::Kind::kUnanswered && live.text.find(why) != std::string::npos;
  }
  TemporaryDirectory directory;
};

START_TEST(a_process_is_asked_and_gone) {
  const Helper helper("dd bs=65536 count=1 of=\"${0}.question\" 2>/dev/null; cat \"${0}.answer\" >&0");
  account::Live live = said(514);
  helper.directory.write("helper.answer", std::string(as_text(*account::encode_answer(live))));
  const auto told = helper.ask();
  ck_assert(told.kind == account::Live::Kind::kState && told.state == live.state);
  std::ifstream file(helper.directory.path("helper.question"));
  const std::string question(std::istreambuf_iterator<char>(file), {});
  ck_assert(account::decode_question(as_bytes(question)) == domain_sid(1107));
  ck_assert(::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD);
}
END_TEST

START_TEST(a_process_that_tells_nothing_leaves_it_to_the_snapshot) {
  ck_assert(Helper("exec 0>&-; exit 0").unanswered("jpki-account-live"));
  ck_assert(Helper("dd bs=65536 count=1 >/dev/null 2>&1").unanswered("died or broke the protocol"));
  ck_assert(
      Helper("dd bs=65536 count=1 >/dev/null 2>&1; echo nonsense >&0").unanswered("broke the protocol"));
  ck_assert(Helper("read -r nothing").unanswered("no answer in time", 50ms));
  ck_assert(account::LiveProcess("/nonexistent/helper").ask(domain_sid(1107), 1s).text.find("reinstall") !=
            std::string::npos);
  ck_assert(::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD);
}
END_TEST

// The process closes the socket and then opens the FIFO, so what is asked afterwards has nobody to hear it.
START_TEST(a_process_that_does_not_listen_is_told) {
  const Helper helper("exec <&-; echo closed >\"${0}.closed\"");
  const std::string fifo = helper.directory.path("helper.closed");
  ck_assert_int_eq(::mkfifo(fifo.c_str(), 0600), 0);
  account::LiveProcess process(helper.directory.path("helper"));
  std::string line;
  std::ifstream(fifo) >> line;
  ck_assert(line == "closed");
  const auto live = process.ask(domain_sid(1107), 10s);
  ck_assert(live.kind == account::Live::Kind::kUnanswered);
  ck_assert_msg(live.text.find("does not listen") != std::string::npos, "%s", live.text.c_str());
}
END_TEST

// userWorkstations has 1024 characters at most, and a computer's name one at least.
START_TEST(live_packets_are_bounded) {
  account::Live live = said(512);
  live.text = std::string(5000, 't');
  live.state.workstations.assign(1024, "P");
  const auto most = account::encode_answer(live);
  ck_assert(most.has_value());
  const auto back = account::decode_answer(*most);
  ck_assert(back && back->state == live.state && live.text.starts_with(back->text));
  live.state.workstations.emplace_back("P");
  ck_assert(!account::encode_answer(live));
  // One more than it says, and one more than may be.
  Blob more = *most;
  const std::size_t one = 3;  // the length of a name and the name
  const std::size_t count_at = more.size() - 1024 * one - 2;
  ck_assert(more[count_at] == 4 && more[count_at + 1] == 0);  // 1024, the high octet first
  const Blob last(more.end() - one, more.end());
  more.insert(more.end(), last.begin(), last.end());
  ck_assert(!account::decode_answer(more));
  more[count_at + 1] = 1;
  ck_assert(!account::decode_answer(more));
}
END_TEST

START_TEST(live_packets) {
  const auto question = account::encode_question(domain_sid(1107));
  ck_assert(account::decode_question(*question) == domain_sid(1107));
  account::Live live = said(66048);
  live.state.account_expires = INT64_MAX;
  live.state.lockout_time = 5;
  live.state.pwd_last_set = -1;
  live.state.logon_hours = LogonHours{};
  (*live.state.logon_hours)[20] = 0x80;
  live.state.workstations = {"PC1", "PC2"};
  const auto answer = account::encode_answer(live);
  const auto back = account::decode_answer(*answer);
  ck_assert(back && back->state == live.state && back->text == live.text && back->kind == live.kind);
  for (std::size_t size = 0; size < question->size(); ++size)
    ck_assert(!account::decode_question(Bytes(*question).first(size)));
  Blob changed = *question;
  changed[0] ^= 1;  // the version
  ck_assert(!account::decode_question(changed));
  changed[0] ^= 1;
  changed.push_back(0);
  ck_assert(!account::decode_question(changed));
  for (std::size_t size = 0; size < answer->size(); ++size)
    ck_assert(!account::decode_answer(Bytes(*answer).first(size)));
  Blob other = *answer;
  other[1] = 3;  // no kind
  ck_assert(!account::decode_answer(other));
  live.state.workstations.assign(2000, "PC");
  ck_assert(!account::encode_answer(live));
  live.state.workstations.assign(20, std::string(1000, 'x'));
  ck_assert(!account::encode_answer(live));
}
END_TEST

START_TEST(packets) {
  std::array<std::uint8_t, kMaxAccountPacket> buffer{};
  WireWriter question(buffer);
  write(question, AccountQuestion{"login", "taro", 10001, true});
  const Bytes sent = Bytes(buffer).first(question.used());
  ck_assert(read_account_question(sent)->account == "taro");
  ck_assert(read_account_question(sent)->uid == 10001 && read_account_question(sent)->local);
  for (std::size_t size = 0; size < sent.size(); ++size) ck_assert(!read_account_question(sent.first(size)));
  for (const std::optional<Verdict> verdict :
       {std::optional(Verdict::kAccountLocked), std::optional<Verdict>()}) {
    WireWriter answer(buffer);
    write(answer, AccountAnswer{verdict, std::string(5000, 'x'), std::string(5000, 'y')});
    ck_assert(!answer.overflow());
    const Bytes reply = Bytes(buffer).first(answer.used());
    ck_assert(read_account_answer(reply)->verdict == verdict);
    ck_assert(!read_account_answer(reply.first(reply.size() - 1)));
  }
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("nss_ad/account");
  TCase* tests = tcase_create("account");
  tcase_add_test(tests, states);
  tcase_add_test(tests, locks_end_by_themselves);
  tcase_add_test(tests, logon_hours_count_in_utc_from_sunday);
  tcase_add_test(tests, workstations);
  tcase_add_test(tests, groups);
  tcase_add_test(tests, answers);
  tcase_add_test(tests, a_long_host_name_is_cut_as_in_the_directory);
  tcase_add_test(tests, a_refresh_that_was_cut_off);
  tcase_add_test(tests, a_name_with_another_uid_is_another_account);
  tcase_add_test(tests, while_an_editor_replaces_the_configuration);
  tcase_add_test(tests, answers_about_groups);
  tcase_add_test(tests, a_group_is_not_what_stands_behind_the_gids);
  tcase_add_test(tests, groups_of_another_account_under_the_name_are_none);
  tcase_add_test(tests, a_process_is_asked_and_gone);
  tcase_add_test(tests, a_process_that_tells_nothing_leaves_it_to_the_snapshot);
  tcase_add_test(tests, what_cannot_be_read_refuses);
  tcase_add_test(tests, the_directory_overrules_the_snapshot);
  tcase_add_test(tests, without_an_answer_the_snapshot_decides);
  tcase_add_test(tests, the_directory_does_not_tell_of_groups_and_age);
  tcase_add_test(tests, a_process_that_does_not_listen_is_told);
  tcase_add_test(tests, live_packets_are_bounded);
  tcase_add_test(tests, live_packets);
  tcase_add_test(tests, packets);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return run_suite(suite());
}
