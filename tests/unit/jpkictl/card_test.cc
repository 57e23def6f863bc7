// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The pure parts of jpkictl card, and the local map as it is written.
#include "jpkictl/card/copies.h"
#include "jpkictl/card/csv.h"
#include "jpkictl/card/entra.h"
#include "jpkictl/card/findings.h"
#include "jpkictl/card/journal.h"
#include "jpkictl/card/local_registry.h"
#include "jpkictl/card/map_text.h"
#include "tests/unit/support/check_main.h"
#include "validator/map/mapping_strings.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace jpki;
using namespace jpki::ctl::card;
namespace fs = std::filesystem;

constexpr char kThumbprint[] = "X509:<SHA1-PUKEY>0f1e2d3c4b5a69788796a5b4c3d2e1f001234567";
constexpr char kOther[] = "X509:<SHA1-PUKEY>ffffffffffffffffffffffffffffffffffffffff";
constexpr char kSki[] = "X509:<SKI>93f19e5b1cbeeb18fc3b8e77cefa1ad6daa7a367";

// A directory of the test's own.
class Scratch {
 public:
  Scratch() {
    char name[] = "/tmp/jpkictl-card-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Scratch() { fs::remove_all(path_); }
  std::string operator/(const char* name) const { return path_ + '/' + name; }

 private:
  std::string path_;
};

void write_file(const std::string& path, std::string_view text, mode_t mode = 0640) {
  std::ofstream(path, std::ios::binary) << text;
  ck_assert_int_eq(::chmod(path.c_str(), mode), 0);
}

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

mode_t mode_of(const std::string& path) {
  struct stat info {};
  ck_assert_int_eq(::stat(path.c_str(), &info), 0);
  return info.st_mode & 07777;
}

std::size_t files_in(const std::string& directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
}

LocalRegistry registry_at(const std::string& path) {
  return {path, ::geteuid(), ::getegid()};
}

// --- map_text
START_TEST(a_line_is_added_at_the_end) {
  ck_assert(with_line("", "taro", kSki) == std::string("taro ") + kSki + "\n");
  ck_assert(with_line("# all\n", "taro", "M") == "# all\ntaro M\n");
  ck_assert(with_line("hanako X", "taro", "M") == "hanako X\ntaro M\n");
}
END_TEST

START_TEST(lines_go_and_nothing_else) {
  const std::string text = "# a\r\none X\n\ttwo  Y \nthree Z";
  const std::size_t two = text.find("\ttwo"), three = text.find("three"), one = text.find("one");
  ck_assert(without_lines(text, std::array{two}) == "# a\r\none X\nthree Z");
  ck_assert(without_lines(text, std::array{one, three}) == "# a\r\n\ttwo  Y \n");
  ck_assert(without_lines(text, {}) == text);
}
END_TEST

START_TEST(an_account_is_replaced_where_it_stands) {
  const std::string text = "one X\n \ttwo\t Y \none Z";
  ck_assert(with_account(text, std::array<std::size_t, 2>{0, text.rfind("one")}, "eins") ==
            "eins X\n \ttwo\t Y \neins Z");
  ck_assert(with_account(text, std::array{text.find(" \ttwo")}, "zwei") == "one X\n \tzwei\t Y \none Z");
  ck_assert_uint_eq(number_of_line(text, text.rfind("one")), 3);
  ck_assert_uint_eq(number_of_line("\n\none X", 2), 3);
}
END_TEST

START_TEST(what_cannot_begin_a_line_is_no_account) {
  for (const char* good : {"taro", "山田", "a#b", "DOMAIN\\taro"}) ck_assert(is_account_word(good));
  for (const char* bad : {"", "#taro", "ta ro", "taro\n", "\ttaro", "taro\x7f"})
    ck_assert_msg(!is_account_word(bad), "%s", bad);
}
END_TEST

// --- the local map
START_TEST(a_new_map_is_made_for_logins_alone) {
  const Scratch scratch;
  auto registry = registry_at(scratch / "accounts.map");
  const auto added = registry.add({"taro", {kThumbprint, kSki}});
  ck_assert(added && *added == Change::kDone);
  ck_assert(content(scratch / "accounts.map") == std::string("taro ") + kThumbprint + "\n");
  ck_assert_uint_eq(mode_of(scratch / "accounts.map"), 0640);
}
END_TEST

START_TEST(everything_else_in_the_map_stays) {
  const Scratch scratch;
  const std::string before = std::string("# 日本\r\n\n  hanako\t") + kOther + "  \nnot a line\nx y";
  write_file(scratch / "accounts.map", before, 0600);
  auto registry = registry_at(scratch / "accounts.map");
  ck_assert(registry.add({"taro", {kThumbprint}}).has_value());
  ck_assert(content(scratch / "accounts.map") == before + "\ntaro " + kThumbprint + "\n");
  ck_assert_uint_eq(mode_of(scratch / "accounts.map"), 0600);
  const auto gone =
      registry.remove({"taro", "X509:<SHA1-PUKEY>0f1e2d3c4b5a69788796a5b4c3d2e1f001234567", {}});
  ck_assert(gone && *gone == Change::kDone);
  ck_assert(content(scratch / "accounts.map") == before + "\n");
}
END_TEST

// By whatever string the other one has it, in whatever spelling.
START_TEST(a_card_of_another_account_is_refused) {
  const Scratch scratch;
  const std::string before = "hanako X509:<SKI>93F19E5B1CBEEB18FC3B8E77CEFA1AD6DAA7A367\n";
  write_file(scratch / "accounts.map", before);
  auto registry = registry_at(scratch / "accounts.map");
  const auto refused = registry.add({"taro", {kThumbprint, kSki}});
  ck_assert(!refused && refused.error().status == ctl::ExitStatus::kBad);
  ck_assert(refused.error().text.find("hanako") != std::string::npos);
  ck_assert(refused.error().text.find("accounts.map:1") != std::string::npos);
  const auto again = registry.add({"hanako", {kThumbprint, kSki}});
  ck_assert(again && *again == Change::kNothingToDo);
  ck_assert(content(scratch / "accounts.map") == before);
}
END_TEST

START_TEST(exactly_one_binding_is_removed) {
  const Scratch scratch;
  write_file(scratch / "accounts.map",
             std::string("taro ") + kThumbprint + "\ntaro " + kSki + "\nhanako " + kOther + "\n");
  auto registry = registry_at(scratch / "accounts.map");
  const auto other = registry.remove({"jiro", kSki, {}});
  ck_assert(other && *other == Change::kNothingToDo);
  ck_assert(registry.remove({"taro", kSki, {}}).has_value());
  ck_assert(content(scratch / "accounts.map") ==
            std::string("taro ") + kThumbprint + "\nhanako " + kOther + "\n");
}
END_TEST

START_TEST(all_of_an_account_move) {
  const Scratch scratch;
  write_file(scratch / "accounts.map",
             std::string("taro ") + kThumbprint + "\nhanako " + kOther + "\ntaro " + kSki + "\n");
  auto registry = registry_at(scratch / "accounts.map");
  const auto moved = registry.move("taro", "yamada");
  ck_assert(moved && *moved == 2);
  ck_assert(content(scratch / "accounts.map") ==
            std::string("yamada ") + kThumbprint + "\nhanako " + kOther + "\nyamada " + kSki + "\n");
  ck_assert(!registry.move("yamada", "two words"));
}
END_TEST

// A map that no login would trust is not mended by writing a line into it.
START_TEST(a_map_that_others_can_write_is_not_touched) {
  const Scratch scratch;
  write_file(scratch / "accounts.map", "# mine\n", 0664);
  auto registry = registry_at(scratch / "accounts.map");
  const auto refused = registry.add({"taro", {kThumbprint}});
  ck_assert(!refused && refused.error().status == ctl::ExitStatus::kCouldNotTell);
  ck_assert(content(scratch / "accounts.map") == "# mine\n");
}
END_TEST

START_TEST(a_name_with_a_blank_is_no_account) {
  const Scratch scratch;
  auto registry = registry_at(scratch / "accounts.map");
  ck_assert(!registry.add({"ta ro", {kThumbprint}}));
  ck_assert(!fs::exists(scratch / "accounts.map"));
}
END_TEST

// --- CSV
START_TEST(the_column_is_found) {
  const auto named =
      accounts_of_csv("\xEF\xBB\xBF氏名,アカウント\r\n\"山田, 太郎\",taro\r\n\r\n# 休職\r\n花子,hanako\r\n");
  ck_assert(named && *named == (std::vector<std::string>{"taro", "hanako"}));
  const auto first = accounts_of_csv("taro,x\n\"ha\"\"nako\"\n");
  ck_assert(first && *first == (std::vector<std::string>{"taro", "ha\"nako"}));
  ck_assert(accounts_of_csv("Account\n") && accounts_of_csv("Account\n")->empty());
  const auto inside = accounts_of_csv("ta\"ro,\"a,b\"\n");
  ck_assert(inside && *inside == std::vector<std::string>{"ta\"ro"});
}
END_TEST

START_TEST(a_wrong_row_is_named) {
  const auto twice = accounts_of_csv("account\ntaro\n\ntaro\n");
  ck_assert(!twice && twice.error().starts_with(":4: "));
  ck_assert(!accounts_of_csv("\"taro\n"));
  const auto short_row = accounts_of_csv("name,account\nx\n");
  ck_assert(!short_row && short_row.error().starts_with(":2: "));
  const auto after_two_lines = accounts_of_csv("name,account\n\"a\nb\",taro\n\"\",\"\"\nx, \n");
  ck_assert(!after_two_lines && after_two_lines.error().starts_with(":5: "));
}
END_TEST

// --- journal
START_TEST(what_is_undone_is_what_was_written) {
  const Scratch scratch;
  const Held binding{"taro", kSki, "/etc/jpki/accounts.map"};
  ck_assert(append_line(scratch / "list.undo", undo_line(binding)).has_value());
  ck_assert_uint_eq(mode_of(scratch / "list.undo"), 0600);
  const auto undo = parse_undo(content(scratch / "list.undo"));
  ck_assert(undo && *undo == std::vector<Held>{binding});
  ck_assert(parse_undo("nonsense\n").error().starts_with(":1: "));
  const auto shortest = parse_undo("w\tt\tm\n");
  const Held of_one_letter{"t", "m", "w"};
  ck_assert(shortest && *shortest == std::vector<Held>{of_one_letter});
  for (const char* of_nobody : {"w\t\tm\n", "w\t\tm\tn\n"})
    ck_assert(parse_undo(of_nobody).error().starts_with(":1: "));
  ck_assert(parse_undo(undo_line(binding) + "\na\tb\nc\n").error().starts_with(":2: "));
}
END_TEST

// The machine stopped in the middle of a line: it was never acted upon.
START_TEST(a_torn_line_does_not_count) {
  const Scratch scratch;
  write_file(scratch / "list.state", "taro\nhana", 0600);
  ck_assert(parse_state(content(scratch / "list.state")) == std::set<std::string>{"taro"});
  ck_assert(append_line(scratch / "list.state", "jiro").has_value());
  ck_assert(content(scratch / "list.state") == "taro\njiro\n");
  write_file(scratch / "first.state", "han", 0600);
  ck_assert(append_line(scratch / "first.state", "jiro").has_value());
  ck_assert(content(scratch / "first.state") == "jiro\n");
}
END_TEST

START_TEST(a_line_is_on_the_disk_or_it_is_told) {
  const Scratch scratch;
  write_file(scratch / "elsewhere", "", 0600);
  fs::create_symlink(scratch / "elsewhere", scratch / "link.state");
  ck_assert(!append_line(scratch / "link.state", "taro") && content(scratch / "elsewhere").empty());
  ck_assert(!append_line(scratch / "none/list.state", "taro"));
}
END_TEST

START_TEST(a_line_that_a_device_does_not_keep_is_told) {
  ck_assert(!append_line("/dev/full", "taro"));  // takes nothing
  ck_assert(!append_line("/dev/null", "taro"));  // has no disk behind it
}
END_TEST

// Where it is not, root would make a regular file of that name.
bool is_device(const char* path) {
  struct stat info {};
  return ::stat(path, &info) == 0 && S_ISCHR(info.st_mode);
}

START_TEST(a_journal_that_is_there_can_be_read) {
  const Scratch scratch;
  const std::string path = scratch / "list.state";
  ck_assert(read_journal(path) && read_journal(path)->empty());
  ck_assert(append_line(path, "taro") && append_line(path, "hanako"));
  ck_assert(read_journal(path) && *read_journal(path) == "taro\nhanako\n");
  ck_assert_int_eq(::chmod(path.c_str(), 0620), 0);
  ck_assert(!read_journal(path));
  ck_assert_int_eq(::chmod(path.c_str(), 0600), 0);
  for (const std::size_t over : {0, 1}) {
    fs::resize_file(path, (std::size_t{16} << 20) + over);
    ck_assert(read_journal(path).has_value() == (over == 0));
  }
}
END_TEST

// --- copies
START_TEST(copies_are_for_root_and_go_with_the_card) {
  const Scratch scratch;
  const Copies copies(scratch / "registered");
  const Blob first{0x30, 0x01, 0x02}, second{0x30, 0x03};
  ck_assert(copies.add("taro", first) && copies.add("taro", second) && copies.add("taro", first));
  ck_assert_uint_eq(mode_of(scratch / "registered"), 0700);
  ck_assert_uint_eq(mode_of(scratch / "registered/taro.pem"), 0600);
  const auto kept = copies.of("taro");
  ck_assert(kept && *kept == (std::vector<Blob>{first, second}));
  ck_assert(copies.remove("taro", map::thumbprint_string(first)) && copies.move("taro", "yamada"));
  ck_assert(copies.all() && copies.all()->size() == 1);
  ck_assert(copies.all()->front().account == "yamada" && copies.all()->front().certificate == second);
  ck_assert(copies.remove("yamada", {}) && files_in(scratch / "registered") == 0);
  for (const char* bad : {"../etc/passwd", ".hidden", ""}) ck_assert(copies_name(bad).empty());
}
END_TEST

// --- Entra ID
START_TEST(values_of_a_user_stand_together) {
  const auto out = entra_export({{"taro", kThumbprint, "map:1"},
                                 {"hanako", kOther, "map:2"},
                                 {"taro", kSki, "map:3"},
                                 {"taro", kSki, "snapshot"}},
                                "city.example.jp");
  ck_assert(out.not_possible.empty());
  ck_assert_uint_eq(out.users.size(), 2);
  ck_assert(to_csv(out.users) ==
            std::string("userPrincipalName,certificateUserIds\r\ntaro@city.example.jp,") + kThumbprint + ";" +
                kSki + "\r\nhanako@city.example.jp," + kOther + "\r\n");
}
END_TEST

START_TEST(what_entra_refuses_is_left_out) {
  std::vector<Held> bindings;
  for (int i = 0; i < 11; ++i)
    bindings.push_back({"taro", "X509:<SKI>0" + std::string(1, "0123456789a"[i]), "map"});
  bindings.push_back({"hanako", "X509:<SKI>00", "twice"});
  bindings.push_back({"hanako", "X509:<I>c=JP<SR>01", "serial"});
  const auto out = entra_export(bindings, "x");
  ck_assert(out.users.size() == 1 && out.users[0].user_ids.size() == kMostUserIds);
  ck_assert(out.not_possible.size() == 3 && out.not_possible[1].where == "twice" &&
            out.not_possible[2].where == "serial");
}
END_TEST

START_TEST(a_batch_has_twenty_requests) {
  std::vector<EntraUser> users;
  for (int i = 0; i < 21; ++i) users.push_back({"太" + std::to_string(i) + "@x", {kSki}});
  const auto batches = to_graph(users);
  ck_assert(batches.size() == 2 && batches[0]["requests"].size() == 20 && batches[1]["requests"].size() == 1);
  const auto& last = batches[1]["requests"][0];
  ck_assert(last["id"] == "1" && last["method"] == "PATCH" && last["url"] == "/users/%e5%a4%aa20@x");
  ck_assert(last["body"]["authorizationInfo"]["certificateUserIds"][0] == kSki);
  ck_assert(to_graph({}).empty());
}
END_TEST

// --- findings
Facts facts() {
  Facts facts;
  facts.exists = [](const std::string& account) { return account != "gone"; };
  return facts;
}

std::vector<Finding::Kind> kinds_of(const Facts& facts) {
  std::vector<Finding::Kind> kinds;
  for (const Finding& finding : find_faults(facts)) kinds.push_back(finding.kind);
  return kinds;
}

START_TEST(a_good_site_has_no_fault) {
  Facts good = facts();
  good.local = {{"taro", kThumbprint, "map:1"}, {"taro", kSki, "map:2"}};
  good.directory = {{"TARO", kThumbprint, "snapshot"}};
  good.certificates = {{{kThumbprint, kSki}, false}};
  ck_assert(kinds_of(good).empty());
}
END_TEST

START_TEST(each_fault_is_found) {
  using Kind = Finding::Kind;
  const auto only = [](auto change, std::vector<Kind> expected) {
    Facts one = facts();
    change(one);
    ck_assert(kinds_of(one) == expected);
    for (const Finding& finding : find_faults(one)) ck_assert(!text_of(finding).empty());
  };
  only([](Facts& f) { f.malformed = {"map:3: wrong"}; }, {Kind::kMalformed});
  only(
      [](Facts& f) {
        f.local = {{"taro", kSki, "map:1"}, {"hanako", kSki, "map:2"}};
      },
      {Kind::kDouble, Kind::kDouble});
  only([](Facts& f) { f.local = {{"taro", kSki, "map:1"}, {"taro", kSki, "map:2"}}; }, {Kind::kTwice});
  only(
      [](Facts& f) {
        f.local = {{"taro", kThumbprint, "map:1"}, {"taro", kSki, "map:2"}, {"taro", kSki, "map:3"}};
      },
      {Kind::kTwice});
  only(
      [](Facts& f) {
        f.local = {{"taro", kSki, "map:1"}, {"hanako", kThumbprint, "map:2"}};
        f.certificates = {{{kThumbprint, kSki}, false}};
      },
      {Kind::kDouble, Kind::kDouble});
  only(
      [](Facts& f) {
        f.local = {{"taro", kSki, "map:1"}};
        f.directory = {{"hanako", kSki, "snapshot"}};
      },
      {Kind::kConflict});
  only([](Facts& f) { f.directory = {{"taro", "X509:<S>CN=taro", "snapshot"}}; }, {Kind::kWeak});
  only(
      [](Facts& f) {
        f.shared_issuers = {"X509:<I>c=JP,o=JPKI<SR>"};
        f.local = {{"taro", "X509:<I>c=JP,o=JPKI<SR>0302018f", "map:1"}};
      },
      {Kind::kUnusable});
  only([](Facts& f) { f.local = {{"gone", kSki, "map:1"}}; }, {Kind::kNoAccount});
  only(
      [](Facts& f) {
        f.local = {{"taro", kSki, "map:1"}};
        f.certificates = {{{kThumbprint, kSki}, true}};
      },
      {Kind::kStale});
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("jpkictl card");
  TCase* tests = tcase_create("card");
  tcase_add_test(tests, a_line_is_added_at_the_end);
  tcase_add_test(tests, lines_go_and_nothing_else);
  tcase_add_test(tests, an_account_is_replaced_where_it_stands);
  tcase_add_test(tests, what_cannot_begin_a_line_is_no_account);
  tcase_add_test(tests, a_new_map_is_made_for_logins_alone);
  tcase_add_test(tests, everything_else_in_the_map_stays);
  tcase_add_test(tests, a_card_of_another_account_is_refused);
  tcase_add_test(tests, exactly_one_binding_is_removed);
  tcase_add_test(tests, all_of_an_account_move);
  tcase_add_test(tests, a_map_that_others_can_write_is_not_touched);
  tcase_add_test(tests, a_name_with_a_blank_is_no_account);
  tcase_add_test(tests, the_column_is_found);
  tcase_add_test(tests, a_wrong_row_is_named);
  tcase_add_test(tests, what_is_undone_is_what_was_written);
  tcase_add_test(tests, a_torn_line_does_not_count);
  tcase_add_test(tests, a_line_is_on_the_disk_or_it_is_told);
  if (is_device("/dev/full") && is_device("/dev/null"))
    tcase_add_test(tests, a_line_that_a_device_does_not_keep_is_told);
  tcase_add_test(tests, a_journal_that_is_there_can_be_read);
  tcase_add_test(tests, copies_are_for_root_and_go_with_the_card);
  tcase_add_test(tests, values_of_a_user_stand_together);
  tcase_add_test(tests, what_entra_refuses_is_left_out);
  tcase_add_test(tests, a_batch_has_twenty_requests);
  tcase_add_test(tests, a_good_site_has_no_fault);
  tcase_add_test(tests, each_fault_is_found);
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
