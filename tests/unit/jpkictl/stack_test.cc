// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Services of PAM (tests/data/setup/stacks.txt): the rulings about them, and whether the real libpam goes the
// ways on which those stand. Every way of every person is walked in both; and stacks made at random.
#include "jpkictl/pam/pam_file.h"
#include "jpkictl/setup/stack_judge.h"
#include "tests/unit/support/check_main.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <regex>
#include <set>
#include <sstream>

#include <security/pam_appl.h>

// libpam does not free what it remembers of some substacks.
// NOLINTNEXTLINE: the name is not ours
extern "C" __attribute__((used, visibility("default"))) const char* __lsan_default_suppressions() {
  return "leak:libpam.so";
}

namespace {

using namespace jpki;
using namespace jpki::ctl::setup;
namespace pam = jpki::ctl::pam;
using pam::Facility;

using Files = std::map<std::string, std::string>;
using Asked = std::vector<std::pair<std::string, int>>;  // {"svc:2", 7}

struct Case {
  std::string name;
  std::vector<std::string> expected;
  std::set<std::string> missing_modules;
  Files files;
};

std::vector<Case> cases() {
  std::ifstream in(JPKI_TEST_STACKS);
  ck_assert(in.good());
  std::vector<Case> all;
  std::string file;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("=== ")) {
      std::istringstream words(line.substr(4));
      Case& one = all.emplace_back();
      words >> one.name;
      for (std::string word; words >> word;) one.missing_modules.insert(word.substr(1));
      file.clear();
    } else if (line.starts_with("> ")) {
      if (line != "> clean") all.back().expected.push_back(line.substr(2));
    } else if (line.starts_with("--- ")) {
      file = line.substr(4);
      all.back().files[file];
    } else if (!file.empty() && !line.empty()) {
      all.back().files[file] += line + "\n";
    }
  }
  return all;
}

pam::Service load(const Files& files) {
  return pam::load_service("svc", [&](const std::string& name) -> std::optional<pam::FileText> {
    const auto found = files.find(name);
    if (found == files.end()) return std::nullopt;
    return pam::FileText{found->first, found->second};
  });
}

std::string text_of(const pam::Place& place) {
  if (place.line == 0) return "0";
  return (place.file == "svc" ? "" : place.file + ":") + std::to_string(place.line);
}

// --- the real libpam
constexpr char kStandIn[] = JPKI_TEST_MODULES "/pam_stand_in.so";

// Each module's name becomes the stand-in and the place of its line, which begins where no "\" leads to it.
// Debian's libpam looks for what is included in /etc/pam.d, whatever the directory of the service: by path.
std::string with_stand_ins(const std::string& name, const std::string& text,
                           const std::set<std::string>& missing, const std::string& directory) {
  static const std::regex kInclude(R"((@include|\sinclude|\ssubstack)(\s+)(\w))");
  static const std::regex kModule(R"((^|\s)(pam_\w+\.so))");
  std::istringstream in(std::regex_replace(text, kInclude, "$1$2" + directory + "/$3"));
  std::string out;
  int number = 0;
  int begin = 1;
  for (std::string line; std::getline(in, line);) {
    ++number;
    std::smatch found;
    if (std::regex_search(line, found, kModule)) {
      const std::string module = found[2];
      const std::string place = name + ':' + std::to_string(begin);
      out += found.prefix().str() + found[1].str() +
             (missing.contains(module) ? "/nowhere/" + module : kStandIn + (' ' + place)) +
             found.suffix().str() + "\n";
    } else {
      out += line + "\n";
    }
    if (!line.ends_with('\\') || line.find('#') != std::string::npos) begin = number + 1;
  }
  return out;
}

struct Host {
  std::map<std::string, int> answers;
  Asked asked;
};

int converse(int count, const pam_message** messages, pam_response** responses, void* data) {
  auto& host = *static_cast<Host*>(data);
  if (count != 1) return PAM_CONV_ERR;
  const auto answer = host.answers.find(messages[0]->msg);
  if (answer == host.answers.end()) {  // nobody asked that module on the way that was foreseen
    host.asked.emplace_back(messages[0]->msg, -1);
    return PAM_CONV_ERR;
  }
  host.asked.emplace_back(*answer);
  *responses = static_cast<pam_response*>(std::calloc(1, sizeof(pam_response)));
  (*responses)->resp = ::strdup(std::to_string(answer->second).c_str());
  return PAM_SUCCESS;
}

class RealService {
 public:
  explicit RealService(const Files& files, const std::set<std::string>& missing = {}) {
    for (const auto& [name, text] : files)
      std::ofstream(directory_.path() + "/" + name) << with_stand_ins(name, text, missing, directory_.path());
  }

  // Also why it could not be begun.
  int run(Facility facility, Host& host) const {
    const pam_conv conversation{converse, &host};
    pam_handle_t* handle = nullptr;
    const int begun = ::pam_start_confdir("svc", "taro", &conversation, directory_.path().c_str(), &handle);
    if (begun != PAM_SUCCESS) return begun;
    const int code = facility == Facility::kAuth ? ::pam_authenticate(handle, PAM_SILENT)
                                                 : ::pam_acct_mgmt(handle, PAM_SILENT);
    ::pam_end(handle, code);
    return code;
  }

 private:
  test::TemporaryDirectory directory_;
};

Host foreseen(const pam::Stack& stack, const pam::Outcome& way) {
  Host host;
  for (const pam::Visit& visit : way.visits) {
    if (visit.code == PAM_MODULE_UNKNOWN) continue;
    const pam::Place& place = stack[visit.step].place;
    const std::string key = place.file + ':' + std::to_string(place.line);
    host.answers[key] = visit.code;
    host.asked.emplace_back(key, visit.code);
  }
  return host;
}

void compare(const std::string& what, const RealService& real, Facility facility, const pam::Stack& stack,
             const pam::Outcome& way) {
  const Host expected = foreseen(stack, way);
  Host host{expected.answers, {}};
  const int code = real.run(facility, host);
  ck_assert_msg(code == way.code, "%s: libpam says %d, foreseen was %d", what.c_str(), code, way.code);
  const auto text = [](const Asked& asked) {
    std::string all;
    for (const auto& [place, answer] : asked) all += " " + place + "=" + std::to_string(answer);
    return all;
  };
  ck_assert_msg(host.asked == expected.asked, "%s: libpam asked%s, foreseen was%s", what.c_str(),
                text(host.asked).c_str(), text(expected.asked).c_str());
}

START_TEST(rulings) {
  std::size_t count = 0;
  std::string wrong;
  for (const Case& one : cases()) {
    ++count;
    std::string found;
    for (const Judgement& judgement : judge(load(one.files), [&](const std::string& module) {
           return !one.missing_modules.contains(module);
         }))
      found += "> " + std::string(name_of(judgement.ruling)) + " " + text_of(judgement.place) + "\n";
    std::string expected;
    for (const std::string& line : one.expected) expected += "> " + line + "\n";
    if (found != expected) wrong += "=== " + one.name + "\n" + found;
  }
  ck_assert_msg(wrong.empty(), "not as expected:\n%s", wrong.c_str());
  ck_assert_int_ge(count, 40);
}
END_TEST

// Who reads that the service is open is told whose refusal counted for nothing.
START_TEST(a_refusal_that_is_passed_over_is_told) {
  struct Row {
    const char* service;
    Ruling ruling;
    unsigned because;  // 0: nobody refused
  };
  const Row kRows[] = {
      {"auth optional pam_jpki.so\nauth required pam_permit.so\n", Ruling::kOpen, 1},
      {"auth optional pam_jpki.so\nauth optional pam_unix.so\nauth optional pam_deny.so\nauth required "
       "pam_permit.so\n",
       Ruling::kOpen, 2},
      {"auth sufficient pam_permit.so\nauth required pam_jpki.so\n", Ruling::kOpen, 0},
      {"auth optional pam_deny.so\nauth required pam_permit.so\n", Ruling::kOpen, 0},
      {"auth optional pam_unix.so\nauth sufficient pam_jpki.so presence\nauth required pam_jpki.so\n",
       Ruling::kPresenceAlone, 1},
      {"auth sufficient pam_jpki.so presence\nauth required pam_jpki.so\n", Ruling::kPresenceAlone, 0}};
  for (const Row& row : kRows) {
    const auto judgements = judge(load({{"svc", row.service}}), [](const std::string&) { return true; });
    const auto found = std::ranges::find(judgements, row.ruling, &Judgement::ruling);
    ck_assert_msg(found != judgements.end(), "%s", row.service);
    ck_assert_msg((found->because ? found->because->line : 0) == row.because, "%s", row.service);
  }
}
END_TEST

START_TEST(libpam_goes_the_same_ways) {
  const std::vector<Person> persons{{},
                                    {.refused = true},
                                    {.password = true},
                                    {.refused = true, .password = true},
                                    {.card = true},
                                    {.card = true, .password = true, .factor = true, .unknown = true},
                                    {.card = true, .account_refused = true},
                                    {.root = true, .password = true}};
  std::size_t walked = 0;
  for (const Case& one : cases()) {
    const RealService real(one.files, one.missing_modules);
    const pam::Service service = load(one.files);
    for (const Facility facility : {Facility::kAuth, Facility::kAccount}) {
      if (!service.usable) {
        Host nobody;
        ck_assert_msg(real.run(facility, nobody) != PAM_SUCCESS, "%s", one.name.c_str());
        continue;
      }
      for (const Person& person : persons)
        each_way(
            service.of(facility), facility, person,
            [&](const std::string& module) { return !one.missing_modules.contains(module); },
            [&](const pam::Outcome& way) {
              ++walked;
              compare(one.name, real, facility, service.of(facility), way);
            });
    }
  }
  ck_assert_uint_gt(walked, 1000);
}
END_TEST

// --- at random
std::string random_text(std::mt19937& dice, bool outer) {
  static const std::vector<std::string> kControls{"required",
                                                  "requisite",
                                                  "sufficient",
                                                  "optional",
                                                  "Required",
                                                  "[success=1 default=ignore]",
                                                  "[success=2 default=die]",
                                                  "[success=ok default=bad]",
                                                  "[success=done new_authtok_reqd=ok default=ignore]",
                                                  "[default=reset]",
                                                  "[success=reset default=1]",
                                                  "[ignore=ignore default=1]",
                                                  "[success=3 default=ignore]",
                                                  "[ success = done  default = 2 ]",
                                                  "[success=ok]",
                                                  "[default=done]",
                                                  "[default=ok success=bad]",
                                                  "[success=okay]",
                                                  "requird",
                                                  "[]",
                                                  "[success=1 success=2]",
                                                  "[default=ok default=die]"};
  const auto pick = [&](std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(dice);
  };
  std::string text;
  for (std::size_t lines = 1 + pick(6); lines > 0; --lines) {
    const std::size_t what = pick(14);
    if (outer && what == 0)
      text += "auth substack one\n";
    else if (outer && what == 1)
      text += "auth include one\n";
    else if (outer && what == 2)
      text += "@include one\n";
    else if (outer && what == 3)
      text += "auth substack none\n";
    else if (what == 4)
      text += "  # a comment \\\n";
    else if (what == 5)
      text += "auth " + kControls[pick(kControls.size())] + " \\\n   pam_a.so # b\n";
    else if (what == 6 && pick(4) == 0)
      text += "auth required\n";
    else if (what == 7 && pick(4) == 0)
      text += "auht required pam_a.so\n";
    else if (what == 8)
      text += "account required pam_a.so\n";
    else
      text += "auth " + kControls[pick(kControls.size())] + " pam_a.so with [some words] and=more\n";
  }
  return text;
}

START_TEST(libpam_goes_the_same_ways_at_random) {
  static const int kCodes[] = {PAM_SUCCESS,          PAM_SUCCESS,      PAM_AUTH_ERR,         PAM_IGNORE,
                               PAM_NEW_AUTHTOK_REQD, PAM_USER_UNKNOWN, PAM_AUTHINFO_UNAVAIL, 77};
  std::mt19937 dice(20261129);
  for (int round = 0; round < 1500; ++round) {
    const Files files{{"svc", random_text(dice, true)}, {"one", random_text(dice, false)}};
    const pam::Service service = load(files);
    const RealService real(files);
    for (int again = 0; again < 3; ++again) {
      std::map<std::string, int> answers;
      const pam::Stack& stack = service.of(Facility::kAuth);
      const pam::Outcome way = pam::run(stack, [&](std::size_t at) {
        const pam::Place& place = stack[at].place;
        const auto [known, added] = answers.try_emplace(place.file + ':' + std::to_string(place.line), 0);
        if (added)
          known->second = kCodes[std::uniform_int_distribution<std::size_t>(0, std::size(kCodes) - 1)(dice)];
        return known->second;
      });
      compare(files.at("svc") + "--- one\n" + files.at("one"), real, Facility::kAuth, stack, way);
    }
  }
}
END_TEST

START_TEST(lines_are_split_as_libpam_does) {
  const auto lines =
      pam::lines_of_pam_file("# one\n\nauth \\\n  required \\\n pam_a.so [x y] # z \\\nauth a b", "f");
  ck_assert_uint_eq(lines.size(), 2);
  ck_assert_uint_eq(lines[0].line, 3);
  ck_assert_uint_eq(lines[0].words.size(), 4);
  ck_assert(lines[0].words[3] == "[x y]");
  ck_assert_uint_eq(lines[1].line, 6);
  // Between brackets "\\]" is no end; a "\\" elsewhere has no say.
  const auto words = pam::lines_of_pam_file("auth a b [c\\]d] [e\\f] [g]\\h", "f").at(0).words;
  const std::vector<std::string> expected{"auth", "a", "b", "[c\\]d]", "[e\\f]", "[g]", "\\h"};
  ck_assert(words == expected);
}
END_TEST

// libpam gives up at the 16th substack, from 1.7 on at the 16th include as well; 1.5 follows those, and a
// loop of them to its end.
START_TEST(includes_may_be_so_deep) {
  for (const std::string include : {"@include", "auth include", "auth substack"})
    for (const int depth : {14, 15, 16, 17}) {
      Files files{{"svc", include + " f1\n"}};
      for (int i = 1; i < depth; ++i)
        files["f" + std::to_string(i)] = include + " f" + std::to_string(i + 1) + "\n";
      files["f" + std::to_string(depth)] = "auth required pam_a.so\n";
      const pam::Service service = load(files);
      const std::string what = include + " " + std::to_string(depth);
      const bool deep = std::ranges::any_of(
          service.troubles, [](const auto& one) { return one.kind == pam::Trouble::Kind::kTooDeep; });
      ck_assert_msg(deep == (depth > 15), "%s", what.c_str());
      ck_assert_msg(service.usable == (!deep || include != "@include"), "%s", what.c_str());
      if (deep && include != "auth substack") continue;
      const pam::Stack& stack = service.of(Facility::kAuth);
      compare(what, RealService(files), Facility::kAuth, stack,
              pam::run(stack, [](std::size_t) { return PAM_SUCCESS; }));
    }
}
END_TEST

// 5 answers of four lines, 2 of five: just as many ways as are walked.
START_TEST(ways_that_are_too_many_are_told) {
  std::string text;
  for (int i = 0; i < 4; ++i) text += "auth optional pam_jpki.so ignore_unknown_user\n";
  for (int i = 0; i < 5; ++i) text += "auth optional pam_listfile.so\n";
  const auto installed = [](const std::string&) { return true; };
  for (const bool more : {false, true}) {
    if (more) text += "auth optional pam_listfile.so\n";
    const pam::Service service = load({{"svc", text}});
    std::size_t ways = 0;
    const bool all = each_way(service.of(Facility::kAuth), Facility::kAuth, {.refused = true}, installed,
                              [&](const pam::Outcome&) { ++ways; });
    ck_assert(ways == 20'000 && all != more);
    const auto judgements = judge(service, installed);
    const bool told =
        std::ranges::find(judgements, Ruling::kTooManyWays, &Judgement::ruling) != judgements.end();
    ck_assert(told == more);
  }
}
END_TEST

START_TEST(other_stands_in_for_what_a_service_leaves_out) {
  const std::string all =
      "auth required a.so\naccount required a.so\nsession required a.so\npassword required a.so\n";
  const auto files_of = [](const Files& files) { return load(files).files; };
  using Names = std::vector<std::string>;
  ck_assert(files_of({{"svc", all}, {"other", "auht x\n"}}) == Names{"svc"});
  ck_assert(load({{"svc", all}, {"other", "auht x\n"}}).troubles.empty());
  ck_assert(files_of({{"svc", "auth required a.so\n"}, {"other", all}}) == (Names{"svc", "other"}));
  ck_assert(files_of({{"other", all}}) == Names{"other"});
  ck_assert(!load({}).usable && load({{"other", all}}).usable && load({{"svc", all}}).usable);
  ck_assert(!load({{"svc", all}, {"other", "@include none\n"}}).usable);
  ck_assert_uint_eq(load({{"svc", "auth required b.so\n"}, {"other", all}}).of(Facility::kAuth).size(), 1);
}
END_TEST

}  // namespace

int main() {
  Suite* suite = suite_create("stack");
  TCase* all = tcase_create("all");
  tcase_set_timeout(all, 120);
  tcase_add_test(all, rulings);
  tcase_add_test(all, a_refusal_that_is_passed_over_is_told);
  tcase_add_test(all, libpam_goes_the_same_ways);
  tcase_add_test(all, libpam_goes_the_same_ways_at_random);
  tcase_add_test(all, lines_are_split_as_libpam_does);
  tcase_add_test(all, includes_may_be_so_deep);
  tcase_add_test(all, ways_that_are_too_many_are_told);
  tcase_add_test(all, other_stands_in_for_what_a_service_leaves_out);
  suite_add_tcase(suite, all);
  return test::run_suite(suite);
}
