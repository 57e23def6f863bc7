// SPDX-License-Identifier: LGPL-2.1-or-later
//
// 1,000 random conversations at each kind of screen: front ends that repeat their answers, drop texts, abort,
// answer nothing, and begin anew at once. None spends a try that nobody meant to.
#include "tests/unit/pam_jpki/host.h"
#include "tests/unit/pam_jpki/text.h"

#include <atomic>
#include <new>
#include <random>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace jpki::pam::test;

constexpr unsigned kConversations = 1000;
constexpr unsigned kAtOnce = 8;  // most of their time is waiting

struct Kind {
  const char* screen;
  bool pins;      // a PIN can be given there
  bool last_try;  // a "yes" to the last try can
};
constexpr Kind kKinds[] = {
    {"full", true, true},      {"prompt-only", true, true}, {"gdm", true, true},
    {"announced", true, true}, {"greeter", true, true},     {"one-answer", true, false},
    {"blind", true, false},    {"unknown", true, false},    {"nobody", false, false}};

// What happened in all conversations of a kind, in whichever process.
struct Tally {
  std::atomic<int> verifies = 0;
  std::atomic<int> last_tries = 0;
};

bool asks_which_card(const std::string& question) {
  return question.find("Reader 01 00") != question.npos ||
         question.find("Which card is yours?") != question.npos;
}

// With the tries left: the virtual cards tell them always.
bool is_pin_prompt(const std::string& question) {
  auto at = question.find("MyNumber card PIN (4 digits, ");
  if (at == question.npos) at = question.find("Card PIN (");
  return at != question.npos && (question.find(" tries left)", at) != question.npos ||
                                 question.find("last try)", at) != question.npos);
}

bool is_four_digits(const std::string& text) {
  return text.size() == 4 && text.find_first_not_of("0123456789") == text.npos;
}

// A front end and its person, who do what they like.
class Conversation {
 public:
  Conversation(const Kind& kind, unsigned seed, Tally& tally)
      : kind_(kind), seed_(seed), tally_(tally), random_(seed) {
    host_.use(std::string("screen=") + kind.screen + (pick(2) == 0 ? " ignore_authinfo_unavail" : ""));
    host_.script(pick(2) == 0 ? "step 5\ncard 1234\n" : "step 5\ncards 1234 9999\n");
    for (int card = 0; card <= 2; ++card) host_.tries(static_cast<int>(pick(4)), card);
    repeats_ = pick(3) == 0;
    host_.at_question = [this] { decide(); };
  }

  void run() {
    const int flags = pick(4) == 0 ? PAM_SILENT : 0;
    begin();
    int code = PAM_AUTH_ERR;
    // Hosts begin anew at once, in the same handle or in another.
    for (unsigned again = pick(4); code != PAM_SUCCESS; --again) {
      code = ::pam_authenticate(host_.handle(), flags);
      if (again == 0) break;
      if (pick(2) == 0) {
        host_.end(code);
        begin();
      }
    }
    host_.end(code);
    judge(code);
  }

 private:
  unsigned pick(unsigned count) { return std::uniform_int_distribution<unsigned>(0, count - 1)(random_); }
  void begin() { host_.start(pick(3) == 0 ? nullptr : "nobody"); }

  void decide() {
    static const char* const kAnswers[] = {"1234", "9999", "9998",     "12", "",  "yes", "no", "12a4",
                                           "hai",  "yes ", "password", "1",  "2", "3",   "１", "0001"};
    const std::string question = host_.questions().back();
    host_.manner = pick(12) == 0 ? static_cast<Manner>(1 + pick(3)) : Manner::kAnswers;
    if (host_.manner != Manner::kAnswers) return;
    const std::string answer =
        repeats_ && !host_.answers.empty() ? host_.answers.back() : kAnswers[pick(std::size(kAnswers))];
    host_.answers.push_back(answer);
    pins_ += is_pin_prompt(question) && is_four_digits(answer);
    choices_ += asks_which_card(question) && (answer == "1" || answer == "2" || answer == "１");
    const bool last_try = question.find("Only 1 try is left. ") != question.npos ||
                          question.find("Use the last try?") != question.npos;
    confirmed_ += last_try && (answer == "yes" || answer == "yes " || answer == "hai");
  }

  void judge(int code) {
    const int verifies = host_.record_count("verify");
    const int last_tries = host_.record_count("verify 1");
    for (const std::string& question : host_.questions(PAM_PROMPT_ECHO_ON))
      ck_assert_msg(question == "login:", "seed %u: asked for all to see: %s", seed_, question.c_str());
    ck_assert_msg(verifies <= pins_, "seed %u: %d VERIFYs, %d PINs", seed_, verifies, pins_);
    ck_assert_msg(last_tries <= confirmed_, "seed %u: the last try without a yes", seed_);
    ck_assert_msg(host_.record_count("choice ") <= choices_, "seed %u: a card that nobody chose", seed_);
    ck_assert_msg(code != PAM_SUCCESS || verifies > 0, "seed %u: somebody came in by nothing", seed_);
    tally_.verifies += verifies;
    tally_.last_tries += last_tries;
  }

  const Kind& kind_;
  const unsigned seed_;
  Tally& tally_;
  std::mt19937 random_;
  Host host_;
  bool repeats_ = false;
  int pins_ = 0;
  int choices_ = 0;
  int confirmed_ = 0;
};

// A child that meets a failure tells it through Check's own pipe, and ends.
void converse(const Kind& kind, Tally& tally) {
  pid_t children[kAtOnce];
  for (unsigned part = 0; part < kAtOnce; ++part) {
    children[part] = ::fork();
    ck_assert_int_ne(children[part], -1);
    if (children[part] != 0) continue;
    for (unsigned seed = part; seed < kConversations; seed += kAtOnce) Conversation(kind, seed, tally).run();
    std::_Exit(EXIT_SUCCESS);
  }
  bool all_good = true;
  for (const pid_t child : children) {
    int status = 0;
    ck_assert_int_eq(::waitpid(child, &status, 0), child);
    all_good = all_good && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
  }
  ck_assert_msg(all_good, "a conversation on the screen %s", kind.screen);
}

START_TEST(no_conversation_spends_a_try_that_nobody_meant_to) {
  const Kind& kind = kKinds[_i];
  void* const shared =
      ::mmap(nullptr, sizeof(Tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ck_assert_ptr_ne(shared, MAP_FAILED);
  auto* const tally = new (shared) Tally;
  converse(kind, *tally);
  // And something did happen.
  ck_assert_msg((tally->verifies > 50) == kind.pins, "%s: %d VERIFYs", kind.screen, tally->verifies.load());
  ck_assert_msg((tally->last_tries > 0) == kind.last_try, "%s: %d last tries", kind.screen,
                tally->last_tries.load());
}
END_TEST

Suite* suite() {
  Suite* suite = suite_create("pam_jpki random conversations");
  TCase* tests = tcase_create("random conversations");
  tcase_set_timeout(tests, 600);
  tcase_add_loop_test(tests, no_conversation_spends_a_try_that_nobody_meant_to, 0,
                      static_cast<int>(std::size(kKinds)));
  suite_add_tcase(suite, tests);
  return suite;
}

}  // namespace

int main() {
  return jpki::test::run_suite(suite());
}
