// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl doctor over made-up facts: each single fault is the first bad link, with the remedy of the table.
#include "base/hex.h"
#include "base/sandbox/privileges.h"
#include "base/unique_fd.h"
#include "jpkictl/doctor/bundle.h"
#include "jpkictl/doctor/check_lines.h"
#include "jpkictl/doctor/file_rules.h"
#include "jpkictl/doctor/gather.h"
#include "jpkictl/doctor/last_refusal.h"
#include "jpkictl/doctor/links.h"
#include "jpkictl/doctor/pam_words.h"
#include "jpkictl/doctor/report.h"
#include "jpkictl/doctor/settings_shown.h"
#include "tests/unit/jpkictl/doctor_facts.h"
#include "tests/unit/support/check_main.h"
#include "tests/unit/support/source_text.h"

#include <algorithm>
#include <csignal>
#include <regex>
#include <set>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>

namespace {

using namespace jpki;
using namespace jpki::ctl;
using namespace jpki::ctl::doctor;
using jpki::test::faults;
using jpki::test::good_facts;
using jpki::test::text_of_source;

// Where this build installs, as the table writes it.
std::string as_in_table(std::string text) {
  const std::pair<std::string, std::string> places[] = {{JPKI_PAMDIR, "@PAMDIR@"},
                                                        {JPKI_NSSDIR "/libnss_ad", "@NSSDIR@/libnss_ad"},
                                                        {JPKI_LIBEXECDIR, "/usr/libexec/jpki"},
                                                        {JPKI_STATEDIR, "/var/lib/jpki"},
                                                        {JPKI_SYSCONFDIR, "/etc/jpki"}};
  for (const auto& [here, there] : places)
    for (std::size_t at = text.find(here); at != std::string::npos; at = text.find(here, at + there.size()))
      text.replace(at, here.size(), there);
  return text;
}

std::string names_of_bad(const std::vector<Finding>& findings) {
  std::string names;
  for (const Finding& finding : findings)
    if (finding.state == State::kBad)
      names += std::string(finding.link) + " (" + english(finding.seen) + ") ";
  return names;
}

START_TEST(where_all_is_right_every_link_is_good) {
  for (const Finding& finding : walk(good_facts()))
    ck_assert_msg(finding.state == State::kGood, "%s: %s", std::string(finding.link).c_str(),
                  english(finding.seen).c_str());
  ck_assert(status_of(walk(good_facts())) == ExitStatus::kGood);
}
END_TEST

START_TEST(each_single_fault_is_the_first_bad_link_and_has_its_remedy) {
  const Json table = Json::parse(text_of_source("tests/data/doctor/faults.json"));
  std::set<std::string> names;
  for (const Json& row : table) {
    const std::string name = row["name"];
    names.insert(name);
    const auto fault = faults().find(name);
    ck_assert_msg(fault != faults().end(), "%s: no such fault in doctor_facts.cc", name.c_str());
    Facts facts = good_facts();
    fault->second(facts);
    const auto findings = walk(facts);
    const Finding* first = first_bad(findings);
    ck_assert_msg(first != nullptr, "%s: nothing is bad", name.c_str());
    ck_assert_msg(first->link == row["link"].get<std::string>(), "%s: %s", name.c_str(),
                  names_of_bad(findings).c_str());
    const std::string command = as_in_table(first->remedy.command);
    ck_assert_msg(command == row["remedy"].get<std::string>(), "%s: %s", name.c_str(), command.c_str());
    ck_assert_msg(!command.empty() || !first->remedy.advice.empty(), "%s: no remedy", name.c_str());
    ck_assert_msg(std::ranges::count(findings, State::kBad, &Finding::state) == 1, "%s: %s", name.c_str(),
                  names_of_bad(findings).c_str());
    ck_assert(status_of(findings) == ExitStatus::kBad);
  }
  ck_assert_uint_ge(names.size(), 60);
  for (const auto& [name, fault] : faults())
    ck_assert_msg(names.contains(name), "%s is not in the table", name.c_str());
}
END_TEST

// The link that is bad first; empty: none.
std::string_view first_after(void (*change)(Facts& facts)) {
  Facts facts = good_facts();
  change(facts);
  const auto findings = walk(facts);
  const Finding* const first = first_bad(findings);
  return first == nullptr ? std::string_view() : first->link;
}

START_TEST(who_refuses_a_question_answers) {
  using Reason = fetch::FetchError::Reason;
  static constexpr Reason kRefusals[] = {Reason::kStatus, Reason::kProtocol, Reason::kTooLarge};
  for (const Reason refusal : kRefusals) {
    Facts facts = good_facts();
    facts.sources.push_back({.name = "quiet", .host = "ocsp.example", .trouble = refusal, .text = "no"});
    const auto findings = walk(facts);
    ck_assert_msg(first_bad(findings) == nullptr, "%s", names_of_bad(findings).c_str());
  }
  ck_assert(first_after([](Facts& facts) {
              facts.sources.push_back(
                  {.name = "dead", .host = "ocsp.example", .trouble = Reason::kTimeout, .text = "no"});
            }) == "source-answers");
}
END_TEST

START_TEST(a_clock_may_be_behind_by_little) {
  static constexpr auto kFile = JPKI_LIBEXECDIR "/jpki-validator";
  ck_assert(first_after([](Facts& facts) {
              facts.files[kFile].changed = facts.now + std::chrono::minutes(5);
            }).empty());
  ck_assert(first_after([](Facts& facts) {
              facts.files[kFile].changed = facts.now + std::chrono::seconds(301);
            }) == "clock");
}
END_TEST

START_TEST(a_line_of_nsswitch_is_written_or_added_to) {
  const auto command = [](const std::function<void(Facts&)>& change) {
    Facts facts = good_facts();
    change(facts);
    return judge_name_service(facts).remedy.command;
  };
  ck_assert(command([](Facts&) {}).empty());
  ck_assert(
      command([](Facts& facts) { facts.nsswitch.erase("group"); }).starts_with("echo 'group: files ad'"));
  ck_assert(
      command([](Facts& facts) { facts.nsswitch["group"].clear(); }).starts_with("echo 'group: files ad'"));
  ck_assert(command([](Facts& facts) { facts.nsswitch["group"] = {"files"}; }).starts_with("sed -i"));
}
END_TEST

START_TEST(a_warning_does_not_hide_an_error) {
  ck_assert(first_after([](Facts& facts) {
              facts.check->push_back(
                  {CheckReport::Line::Kind::kWarning, Verdict::kAccepted, "odd", subject::kTlsAnchors});
            }).empty());
  ck_assert(first_after([](Facts& facts) {
              facts.check->push_back(
                  {CheckReport::Line::Kind::kWarning, Verdict::kAccepted, "odd", subject::kTlsAnchors});
              facts.check->push_back(
                  {CheckReport::Line::Kind::kError, Verdict::kConfigInvalid, "bad", subject::kTlsAnchors});
            }) == "tls-anchors");
}
END_TEST

START_TEST(what_an_earlier_link_explains_is_not_judged) {
  Facts facts = good_facts();
  faults().at("helper-user-missing")(facts);
  faults().at("config-writable")(facts);
  faults().at("site-key-open")(facts);
  const auto findings = walk(facts);
  ck_assert(first_bad(findings)->link == "helper-user");
  const auto key = std::ranges::find(findings, "site-key", &Finding::link);
  ck_assert(key->state == State::kCouldNotTell && key->because == "helper-user");
}
END_TEST

// Modules are not loaded then, which nobody may take for good.
START_TEST(modules_are_not_judged_where_pcscd_hangs) {
  Facts facts = good_facts();
  facts.card.service = CardFacts::Service::kSilent;
  const auto findings = walk(facts);
  ck_assert(std::ranges::find(findings, "modules", &Finding::link)->state == State::kCouldNotTell);
  ck_assert(std::ranges::find(findings, "accounts", &Finding::link)->state == State::kGood);
}
END_TEST

START_TEST(a_refusal_puts_its_links_first) {
  const auto findings = walk(good_facts(), Verdict::kNotMapped);
  const auto place = [&](std::string_view link) {
    return std::ranges::find(findings, link, &Finding::link) - findings.begin();
  };
  ck_assert(findings.size() == all_links().size());
  ck_assert_int_lt(place("accounts"), place("pam-module"));
  ck_assert_int_lt(place("configuration"), place("accounts"));
}
END_TEST

START_TEST(a_locker_without_records_leads_to_their_access_list) {
  for (const Verdict refusal : {Verdict::kNoCardSession, Verdict::kNotSessionCard}) {
    Facts facts = good_facts();
    facts.records = {};
    const auto findings = walk(facts, refusal);
    const auto lockers = std::ranges::find(findings, "lockers", &Finding::link);
    const auto guard = std::ranges::find(findings, "guard", &Finding::link);
    ck_assert(lockers->state == State::kBad && lockers < guard);
    ck_assert_int_lt(lockers - findings.begin(), 4);
  }
}
END_TEST

START_TEST(the_table_of_links_is_in_order) {
  std::set<std::string_view> before;
  std::set<Verdict> told;
  for (const Link& link : all_links()) {
    for (const auto need : link.needs)
      ck_assert_msg(before.contains(need), "%s needs %s", std::string(link.id).c_str(),
                    std::string(need).c_str());
    ck_assert_msg(before.insert(link.id).second, "%s comes twice", std::string(link.id).c_str());
    told.insert(link.refusals.begin(), link.refusals.end());
  }
  // Those that are the installation's fault.
  for (const Verdict verdict :
       {Verdict::kCardServiceDown, Verdict::kNoReader, Verdict::kModuleUnusable,
        Verdict::kRevocationMemoryUnusable, Verdict::kMapUnusable, Verdict::kConfigInvalid,
        Verdict::kAnchorsInvalid, Verdict::kHelperNotStarted, Verdict::kPrivilegesNotDropped})
    ck_assert_msg(told.contains(verdict), "%s", code_of(verdict).c_str());
}
END_TEST

START_TEST(who_is_not_root_is_told_what_could_not_be_seen) {
  Facts facts = good_facts();
  facts.root = false;
  facts.check.reset();
  facts.units.reset();
  facts.files[JPKI_STATEDIR "/evidence"].kind = FileFact::Kind::kHidden;
  const auto findings = walk(facts);
  ck_assert(first_bad(findings) == nullptr && status_of(findings) == ExitStatus::kCouldNotTell);
}
END_TEST

START_TEST(commands_come_out_of_texts) {
  ck_assert(command_in("/a: writable; run: chmod go-w /a") == "chmod go-w /a");
  ck_assert(command_in("x; correct it, or run: nss-ad-refresh") == "nss-ad-refresh");
  ck_assert(command_in("/a: bad; run: chmod o-r /a; it was skipped") == "chmod o-r /a");
  ck_assert(command_in("/etc/a b.toml:12: unknown key") == "sed -i '12s/^/#/' '/etc/a b.toml'");
  ck_assert(command_in("/etc/a: No such file or directory").empty());
  ck_assert(command_in("").empty());
}
END_TEST

START_TEST(lines_of_pam_are_read_as_libpam_does) {
  const auto lines = parse_pam_file(
      "# pam_jpki.so in a comment\nauth [success=1 default=die] \\\n  pam_jpki.so lang=en # end\n"
      "-session optional /lib/security/pam_jpki.so\nauth required pam_unix.so\n",
      "/etc/pam.d/x");
  ck_assert_uint_eq(lines.size(), 2);
  ck_assert(lines[0].line == 2 && lines[0].facility == "auth" &&
            lines[0].control == "[success=1 default=die]");
  ck_assert(lines[0].options == std::vector<std::string>{"lang=en"});
  ck_assert(lines[1].facility == "session" && lines[1].line == 4 && lines[1].options.empty());
}
END_TEST

// What the manual says that pam_jpki.so takes.
START_TEST(every_option_of_the_module_is_known) {
  std::istringstream page(text_of_source("doc/man/pam_jpki.adoc"));
  bool in_options = false;
  unsigned count = 0;
  const std::regex term(R"(\*([a-z_]+)\*(=?).*::)");
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("== ")) in_options = line == "== OPTIONS";
    std::smatch found;
    if (!in_options || !std::regex_match(line, found, term)) continue;
    ++count;
    const std::string word = found[1].str() + (found[2].length() == 0 ? "" : "=x");
    ck_assert_msg(judge_pam_word(word) != PamWord::kUnknown, "%s", word.c_str());
  }
  ck_assert_uint_ge(count, 15);
  ck_assert(judge_pam_word("timeout=601") == PamWord::kBadValue &&
            judge_pam_word("timeout=600") == PamWord::kKnown);
  ck_assert(judge_pam_word("lang=fr") == PamWord::kBadValue &&
            judge_pam_word("config_file=x") == PamWord::kBadValue);
}
END_TEST

START_TEST(directories_are_as_tmpfiles_makes_them) {
  const std::string conf = text_of_source("conf/tmpfiles.conf");
  const std::regex line(R"(d (\S+) (\d+) (\S+) (\S+) -)");
  std::map<std::string, mode_t> made;
  for (auto at = std::sregex_iterator(conf.begin(), conf.end(), line); at != std::sregex_iterator(); ++at)
    made[(*at)[1]] = static_cast<mode_t>(std::stoul((*at)[2], nullptr, 8));
  for (const FileRule& rule : rules_of_directories())
    if (const auto found = made.find(as_in_table(rule.path)); found != made.end())
      ck_assert_msg(found->second == rule.mode, "%s", rule.path);
  ck_assert(made.at(rule_of_sessions().path) == rule_of_sessions().mode);
}
END_TEST

// What systemd-tmpfiles 252 sets for conf/tmpfiles.conf, where _jpki is 9.
constexpr std::string_view kListOfRecords =
    "0200000001000700ffffffff020005000900000004000500ffffffff10000500ffffffff20000000ffffffff";

std::optional<AccessList> list_of(std::string_view hex) {
  Blob octets;
  for (std::size_t at = 0; at < hex.size(); at += 2)
    octets.push_back(from_hex<1>(hex.substr(at, 2))->front());
  return parse_access_list(octets);
}

START_TEST(an_access_list_is_read) {
  const std::string good(kListOfRecords);
  ck_assert(list_of(good) == (AccessList{.users = {{9, 05}}, .groups = {}}));
  std::string masked = good;
  masked[good.find("10000500") + 5] = '4';
  ck_assert(list_of(masked) == (AccessList{.users = {{9, 04}}, .groups = {}}));
  ck_assert(list_of(good + "0800070010000000") == (AccessList{.users = {{9, 05}}, .groups = {{16, 05}}}));
  ck_assert(list_of("02000000") == AccessList());
}
END_TEST

START_TEST(what_is_no_access_list_is_none) {
  const std::string good(kListOfRecords);
  for (std::size_t size = 0; size < good.size(); size += 2)
    ck_assert_int_eq(list_of(good.substr(0, size)).has_value(), size >= 8 && (size - 8) % 16 == 0);
  ck_assert(!list_of("01" + good.substr(2)));
}
END_TEST

// Both rights are needed, and nobody else's.
START_TEST(who_may_read_records_is_judged) {
  const auto judged = [](const std::function<void(Facts&)>& change) {
    Facts facts = good_facts();
    change(facts);
    return judge_lockers(facts).state;
  };
  const auto told = [](const std::function<void(Facts&)>& change) {
    Facts facts = good_facts();
    change(facts);
    return english(judge_lockers(facts).seen);
  };
  const uid_t helper = good_facts().helper->uid;
  for (const char* too_little : {"records", "new_records"})
    ck_assert(told([&](Facts& facts) {
                (too_little[0] == 'r' ? facts.records : facts.new_records).users[helper] = 02;
              }).find("does not let") != std::string::npos);
  ck_assert(told([&](Facts& facts) { facts.records.users[helper] = 07; }).find("gives more") !=
            std::string::npos);
  ck_assert(judged([](Facts&) {}) == State::kGood);
  ck_assert(judged([&](Facts& facts) { facts.records.users[helper] = 04; }) == State::kBad);
  ck_assert(judged([&](Facts& facts) { facts.records.users[helper] = 07; }) == State::kBad);
  ck_assert(judged([](Facts& facts) { facts.new_records = {}; }) == State::kBad);
  ck_assert(judged([](Facts& facts) { facts.new_records.groups[1] = 04; }) == State::kBad);
  ck_assert(judged([&](Facts& facts) { facts.records.users = {{helper + 1, 05}}; }) == State::kBad);
  // An earlier link tells of it.
  ck_assert(judged([](Facts& facts) { facts.helper.reset(); }) == State::kGood);
}
END_TEST

START_TEST(a_gap_in_the_service_hours_is_found) {
  schedule::SourceRule day;
  day.type = schedule::SourceType::kOcsp;
  day.hours.hours = {*schedule::parse_interval("08:30-17:15")};
  schedule::SourceRule lists;
  const Time noon{std::chrono::seconds(1795921200)};  // 12:00 in Japan
  const auto gap = first_gap({day}, "", noon);
  ck_assert(gap && gap->from_text == "2026-11-29 17:15 +0900" && gap->until_text == "2026-11-30 08:30 +0900");
  ck_assert(!first_gap({day, lists}, "", noon));
  lists.segment = "lgwan";
  ck_assert(first_gap({day, lists}, "", noon).has_value());
  ck_assert(!first_gap({day, lists}, "lgwan", noon));
  ck_assert(first_gap({}, "", noon).has_value());
}
END_TEST

START_TEST(units_and_nsswitch_are_parsed) {
  const auto units = parse_units(
      "Id=a.timer\nActiveState=active\nUnitFileState=enabled\n\nId=b.service\nActiveState="
      "failed\nUnitFileState=\n");
  ck_assert(units.at("a.timer").enabled == "enabled" && units.at("b.service").active == "failed");
  const auto databases = parse_nsswitch("passwd: files  ad # ours\n\ngroup:files\n");
  ck_assert(databases.at("passwd") == (std::vector<std::string>{"files", "ad"}) &&
            databases.at("group").size() == 1);
}
END_TEST

START_TEST(the_last_refusal_of_an_account) {
  const std::string log =
      "x login[1]: pam_jpki(login:auth): JPKI-501 not-mapped service=login account=taro cause=\"a\"\n"
      "x login[2]: pam_jpki(login:auth): JPKI-401 revoked service=login account=taroh\n"
      "x login[3]: pam_jpki(login:auth): JPKI-201 pin-incorrect service=login account=taro\n"
      "x login[4]: pam_jpki(login:auth): JPKI-000 accepted service=login account=taro\n";
  ck_assert(last_refusal_in(log, "taro") == Verdict::kPinIncorrect);
  ck_assert(last_refusal_in(log, "taroh") == Verdict::kRevoked);
  ck_assert(!last_refusal_in(log, "tar") && !last_refusal_in("", "taro"));
}
END_TEST

START_TEST(room_on_the_disk_is_told) {
  Facts facts = good_facts();
  facts.free_bytes = (std::uint64_t{300} << 20) + 1;
  ck_assert(english(judge_disk(facts).seen).find("300 MiB are free") != std::string::npos);
}
END_TEST

START_TEST(requests_are_used_by_terminals_hosts_or_nobody) {
  Facts facts = good_facts();
  const auto told = [&] { return english(judge_requests(facts).seen); };
  const auto missing = [&](const FileRule& rule) { facts.files[rule.path].kind = FileFact::Kind::kMissing; };
  ck_assert(told().find("the key of this computer") != std::string::npos);
  missing(rules_of_requests().front());
  ck_assert(told().find("whose requests are taken") != std::string::npos);
  missing(rules_of_requests().back());
  ck_assert(told().find("not used here") != std::string::npos);
}
END_TEST

START_TEST(the_end_of_a_long_log_is_read) {
  const test::TemporaryDirectory directory;
  const std::string refusal = "JPKI-401 revoked service=login account=taro\n";
  const auto last_of = [&](const std::string& log) {
    const auto last = last_refusal_in_file(directory.write("auth.log", log), "taro");
    ck_assert(last.has_value());
    return *last;
  };
  ck_assert(!last_of("") && last_of(refusal) == Verdict::kRevoked);
  std::string more(static_cast<std::size_t>(kLastOctets) - refusal.size(), 'x');
  ck_assert(last_of(refusal + more) == Verdict::kRevoked);
  more.push_back('x');
  ck_assert(!last_of(refusal + more));
  ck_assert(last_of(more + "\n" + refusal) == Verdict::kRevoked);
  const auto none = last_refusal_in_file(directory.path("none"), "taro");
  ck_assert(!none && none.error().find("run this as root") != std::string::npos);
}
END_TEST

// It cannot be sought in, and may have no end.
START_TEST(a_log_that_is_a_pipe_holds_no_refusal) {
  const test::TemporaryDirectory directory;
  const std::string fifo = directory.path("auth.log");
  ck_assert_int_eq(::mkfifo(fifo.c_str(), 0600), 0);
  const UniqueFd writer(::open(fifo.c_str(), O_RDWR | O_CLOEXEC));
  ck_assert(writer.valid());
  const auto last = last_refusal_in_file(fifo, "taro");
  ck_assert(last && !*last);
}
END_TEST

START_TEST(settings_show_nothing_of_a_site) {
  const std::string text = settings_shown(
      "# taro's terminal\n[account]\nsource = \"ad\"\nrole_groups = [\"chiyoda\"]\nmax_age_hours = 48  # "
      "chiyoda\n"
      "[[crl]]\nname = \"jpki-chiyoda\"\nurls = [\n \"http://chiyoda/\" ]\n[fetch.tls]\nchiyoda = \"/x\"\n"
      "[fetch]\nproxy = \"http://u:secret@p/\"\nhours = [\"08:30-17:15\"] # chiyoda\n");
  ck_assert_msg(text.find("chiyoda") == std::string::npos && text.find("secret") == std::string::npos &&
                    text.find("taro") == std::string::npos,
                "%s", text.c_str());
  ck_assert_msg(
      text.starts_with("[account]\nsource = \"ad\"\nrole_groups = (left out)\nmax_age_hours = 48\n[[crl]]\n"),
      "%s", text.c_str());
}
END_TEST

// Whichever way TOML has to write it.
START_TEST(keys_that_the_site_chose_are_not_shown) {
  for (const char* header : {"[fetch.tls]", "[fetch.tls] # servers", "[ fetch.tls ]", "[fetch . tls]",
                             "[\"fetch\".tls]", "[[fetch.tls]]", "[fetch.tls"})
    ck_assert_msg(settings_shown("[fetch]\n" + std::string(header) + "\nchiyoda = 1\n").find("chiyoda") ==
                      std::string::npos,
                  "%s", header);
  ck_assert(settings_shown("fetch.tls.chiyoda = 1\n").empty());
  ck_assert(settings_shown("[fetch]\ntls.chiyoda = 1\ntlsx = 1\n") == "[fetch]\ntlsx = 1\n");
  ck_assert(settings_shown("[fetch]  # of the site\na = 1\n") == "[fetch]\na = 1\n");
  ck_assert(settings_shown("[]\na = 1\n[[a]\nb = 1\n").empty());
}
END_TEST

START_TEST(findings_in_the_archive_name_no_server_and_no_group) {
  for (const char* name : {"server-unreachable", "server-behind-proxy", "rule-group", "keytab-missing"}) {
    Facts facts = good_facts();
    faults().at(name)(facts);
    const std::string shared = members_of(facts, walk(facts)).at("findings.json");
    for (const char* secret : {"ocsp.example.jp", "platform", "AD.EXAMPLE.JP", "names x"})
      ck_assert_msg(shared.find(secret) == std::string::npos, "%s: %s", name, shared.c_str());
    ck_assert(Json::parse(shared)["state"] == "bad");
  }
  Facts facts = good_facts();
  faults().at("config-wrong-key")(facts);
  const std::string shared = members_of(facts, walk(facts)).at("findings.json");
  ck_assert(shared.find("\"detail\": \"/etc/jpki/jpki.toml.d/zz.toml:1\"") != std::string::npos);
}
END_TEST

START_TEST(an_archive_is_whole_or_not_there) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path("bundle.tar");
  ck_assert(write_bundle(path, {{"a.txt", "one"}, {"b.txt", ""}}, Time{}).has_value());
  struct stat info {};
  ck_assert(::stat(path.c_str(), &info) == 0 && (info.st_mode & 07777) == 0600 && info.st_size > 1024);
  ck_assert(!write_bundle(directory.path("none/bundle.tar"), {{"a.txt", "one"}}, Time{}).has_value());
  unsigned count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) count += entry.exists();
  ck_assert_uint_eq(count, 1);
}
END_TEST

// Ctrl-C while it is written: nothing is there, and the signal comes afterwards.
START_TEST(an_interrupted_archive_is_not_there) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path("bundle.tar");
  static volatile std::sig_atomic_t came = 0;
  struct sigaction action {};
  action.sa_handler = [](int) { came = came + 1; };
  ::sigaction(SIGINT, &action, nullptr);
  sigset_t held;
  ::sigemptyset(&held);
  ::sigaddset(&held, SIGINT);
  ::sigprocmask(SIG_BLOCK, &held, nullptr);
  ::raise(SIGINT);
  ck_assert(!write_bundle(path, {{"a.txt", "one"}}, Time{}).has_value());
  ::sigprocmask(SIG_UNBLOCK, &held, nullptr);
  ck_assert_int_eq(came, 1);
  ck_assert(std::filesystem::is_empty(directory.path()));
}
END_TEST

START_TEST(the_report_ends_with_the_first_cause) {
  Facts facts = good_facts();
  faults().at("site-key-open")(facts);
  const auto findings = walk(facts);
  const std::string text = text_of(findings, find_code("JPKI-405"), Words("/nonexistent"));
  ck_assert_msg(text.starts_with("JPKI-405 revocation-memory-unusable"), "%s", text.c_str());
  ck_assert(text.find("site-key         BAD      Site key: ") != std::string::npos);
  ck_assert(text.find("type as root:\n  chmod o-r /etc/jpki/pseudonym.key\n") != std::string::npos);
  const Json json = json_of(findings, std::nullopt);
  ck_assert(json["state"] == "bad" && json["first"] == "site-key" && !json.contains("code"));
  ck_assert(json["links"].size() == all_links().size());
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("jpkictl doctor");
  TCase* tests = tcase_create("doctor");
  for (const TTest* test : {where_all_is_right_every_link_is_good,
                            each_single_fault_is_the_first_bad_link_and_has_its_remedy,
                            who_refuses_a_question_answers,
                            a_clock_may_be_behind_by_little,
                            a_line_of_nsswitch_is_written_or_added_to,
                            a_warning_does_not_hide_an_error,
                            what_an_earlier_link_explains_is_not_judged,
                            modules_are_not_judged_where_pcscd_hangs,
                            a_refusal_puts_its_links_first,
                            a_locker_without_records_leads_to_their_access_list,
                            the_table_of_links_is_in_order,
                            who_is_not_root_is_told_what_could_not_be_seen,
                            commands_come_out_of_texts,
                            lines_of_pam_are_read_as_libpam_does,
                            every_option_of_the_module_is_known,
                            directories_are_as_tmpfiles_makes_them,
                            an_access_list_is_read,
                            what_is_no_access_list_is_none,
                            who_may_read_records_is_judged,
                            a_gap_in_the_service_hours_is_found,
                            units_and_nsswitch_are_parsed,
                            the_last_refusal_of_an_account,
                            the_end_of_a_long_log_is_read,
                            a_log_that_is_a_pipe_holds_no_refusal,
                            room_on_the_disk_is_told,
                            requests_are_used_by_terminals_hosts_or_nobody,
                            settings_show_nothing_of_a_site,
                            keys_that_the_site_chose_are_not_shown,
                            findings_in_the_archive_name_no_server_and_no_group,
                            an_archive_is_whole_or_not_there,
                            an_interrupted_archive_is_not_there,
                            the_report_ends_with_the_first_cause})
    tcase_add_test(tests, test);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
