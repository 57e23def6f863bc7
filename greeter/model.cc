// SPDX-License-Identifier: LGPL-2.1-or-later
#include "greeter/model.h"

#include "base/trimmed.h"
#include "greeter/plain_text.h"

#include <utility>

namespace jpki::greeter {
namespace {

using namespace std::chrono_literals;

// So often at most does an attempt follow one that ended by itself.
constexpr auto kPause = 3s;
// A refusal that is about no person is tried again; another stands until it is read, or nobody reads it any
// more.
constexpr auto kPauseWithoutCard = 10s;
constexpr auto kReadingTime = 60s;
constexpr auto kNoticeTime = 15s;
// Whoever walks away from a question leaves the screen to the cards of others, and no name on it.
constexpr auto kTypingTime = 120s;

constexpr std::size_t kMaxWaiting = 16;  // PAM_MAX_NUM_MSG is 32

// Nobody stands there whose refusal it is.
bool is_about_nobody(std::optional<Verdict> verdict) {
  return verdict == Verdict::kNoCard || verdict == Verdict::kNoReader || verdict == Verdict::kCardServiceDown;
}

std::optional<Work> work_of(ScreenState state) {
  switch (state) {
    case ScreenState::kReading:
      return Work::kReading;
    case ScreenState::kChecking:
      return Work::kChecking;
    case ScreenState::kAsking:
      return Work::kAsking;
    case ScreenState::kVerifying:
      return Work::kVerifying;
    case ScreenState::kInsertCard:
    case ScreenState::kWrongForm:
    case ScreenState::kRefused:
    case ScreenState::kNotice:
    case ScreenState::kChoose:
    case ScreenState::kPin:
    case ScreenState::kConfirm:
    case ScreenState::kCode:
    case ScreenState::kHold:
      break;
  }
  return std::nullopt;
}

// "yes" is what a module of ours takes for yes; anything else is no.
constexpr char kYes[] = "yes";
constexpr char kNo[] = "no";

}  // namespace

void Model::show(Page page) {
  shown_.page = page;
  shown_.can_go_on = false;
  shown_.can_begin_anew = page == Page::kChoose || page == Page::kPin || page == Page::kLastTry ||
                          page == Page::kQuestion || page == Page::kCode || page == Page::kName ||
                          page == Page::kRefused;
  // Also while a card is waited for, and where an attempt hangs: whoever has no card need not wait for its
  // end.
  const bool asks_without_card = (page == Page::kQuestion || page == Page::kCode) && is_without_card();
  const bool nothing_to_offer = page == Page::kName || page == Page::kNotice || page == Page::kWelcome ||
                                page == Page::kNoManager || asks_without_card;
  shown_.offered = nothing_to_offer ? WithoutCard::kNot : allowed_;
  patience_.reset();
}

Commands Model::begin(std::string name) {
  const bool was_asked_for_a_name = !name.empty();
  shown_ = Shown{};
  if (was_asked_for_a_name) {
    shown_.without_card = allowed_;
    shown_.account = plain_text(name);
  }
  running_ = true;
  asked_ = false;
  waiting_.clear();
  released_ = false;
  fresh_words_ = false;
  show(Page::kStarting);
  return {{Command::Kind::kAuthenticate, std::move(name)}};
}

Commands Model::connected() {
  return begin({});
}

void Model::not_connected() {
  shown_ = Shown{};
  running_ = false;
  show(Page::kNoManager);
}

void Model::take_words(std::string_view text, bool error) {
  const std::string plain = plain_text(text);
  if (plain.empty()) return;
  // What no module of ours says may come in several messages.
  shown_.said.reset();
  shown_.words = fresh_words_ && !shown_.words.empty() ? plain_text(shown_.words + "\n" + plain) : plain;
  shown_.words_are_error = error || (fresh_words_ && shown_.words_are_error);
  fresh_words_ = true;
}

void Model::forget_words() {
  shown_.words.clear();
  shown_.said.reset();
  fresh_words_ = false;
}

void Model::show_refusal(const ForScreen& said) {
  shown_.words = plain_text(said.words);
  shown_.said = said.line;
  shown_.words_are_error = true;
  fresh_words_ = true;
  show(Page::kRefused);
}

// The last lines of the words; false when there are fewer or too many: then all of them are a question.
bool Model::take_cards(const ForScreen& said) {
  if (said.line.cards > kMostOfferedCards) return false;
  std::string_view rest = said.words;
  std::vector<std::string> cards;
  while (cards.size() < said.line.cards) {
    const auto feed = rest.rfind('\n');
    if (feed == rest.npos) return false;
    cards.insert(cards.begin(), plain_text(rest.substr(feed + 1)));
    rest = rest.substr(0, feed);
  }
  shown_.cards = std::move(cards);
  return !shown_.cards.empty();
}

// What nobody had the time to read stays.
void Model::show_at_work(Page page) {
  if (!fresh_words_) forget_words();
  show(page);
}

void Model::take(const ForScreen& said) {
  const ScreenLine& line = said.line;
  if (!line.account.empty()) shown_.account = plain_text(line.account);
  if (const auto work = work_of(line.state)) {
    shown_.work = *work;
    show_at_work(Page::kWorking);
    return;
  }
  if (line.state == ScreenState::kInsertCard) {
    show_at_work(Page::kInsertCard);
  } else if (line.state == ScreenState::kRefused) {
    shown_.verdict = line.verdict;
    shown_.tries_left = line.tries_left;
    shown_.max_tries = line.max_tries;
    show_refusal(said);
  } else if (line.state == ScreenState::kWrongForm) {
    fresh_words_ = false;
    take_words(said.words, true);
    if (fresh_words_) shown_.said = line;
  } else {
    take_words(said.words, false);
  }
}

void Model::message(std::string_view text, bool error) {
  if (!running_) return;
  const auto said = split_screen_line(text);
  // A page that asks stays until it is answered.
  if (said && !asked_)
    take(*said);
  else
    take_words(said ? said->words : text, error);
}

void Model::prompt(std::string_view text, bool hidden) {
  if (!running_) return;
  if (asked_) {
    // Several in one message of PAM; each has to be answered.
    if (waiting_.size() < kMaxWaiting) waiting_.push_back({std::string(text), hidden});
    return;
  }
  const auto said = split_screen_line(text);
  const bool had_fresh_words = std::exchange(fresh_words_, false);
  asked_ = true;
  if (!had_fresh_words) forget_words();
  if (said && !said->line.account.empty()) shown_.account = plain_text(said->line.account);
  const ScreenState state = said ? said->line.state : ScreenState::kNotice;
  if (state == ScreenState::kHold) {
    if (shown_.words.empty()) show_refusal(*said);
    fresh_words_ = false;
    show(Page::kRefused);
    shown_.can_go_on = true;
    patience_ = is_about_nobody(shown_.verdict) ? kPauseWithoutCard : kReadingTime;
    return;
  }
  if (!had_fresh_words) shown_.verdict.reset();  // else the words are about it
  if (state == ScreenState::kChoose && take_cards(*said)) {
    show(Page::kChoose);
  } else if (state == ScreenState::kPin) {
    shown_.tries_left = said->line.tries_left;
    shown_.max_tries = said->line.max_tries;
    shown_.form = said->line.form;
    shown_.smartphone = said->line.smartphone;
    show(Page::kPin);
  } else if (state == ScreenState::kConfirm) {
    // The module's words ask for a word to be typed; here there are buttons.
    shown_.tries_left = said->line.tries_left;
    shown_.max_tries = said->line.max_tries;
    shown_.smartphone = said->line.smartphone;
    show(Page::kLastTry);
  } else if (state == ScreenState::kCode) {
    shown_.prompt = plain_text(said->words);
    show(Page::kCode);
  } else {
    shown_.prompt = plain_text(said ? said->words : text);
    // What a module of ours asks is never shown while it is typed, whatever the host made of it.
    shown_.hidden = hidden || said.has_value();
    show(Page::kQuestion);
  }
  patience_ = kTypingTime;
}

Commands Model::completed(bool authenticated) {
  if (!running_) return {};
  running_ = false;
  asked_ = false;
  waiting_.clear();
  if (!authenticated) return end_without_person();
  const bool has_something_to_say = fresh_words_ && !shown_.words.empty();
  show(has_something_to_say ? Page::kNotice : Page::kWelcome);
  if (!has_something_to_say) return {{Command::Kind::kStartSession}};
  shown_.can_go_on = true;
  patience_ = kNoticeTime;
  return {};
}

// The next attempt begins at once only where a person has just done something and is told nothing.
Commands Model::end_without_person() {
  const bool told = fresh_words_ && !shown_.words.empty();
  if (!told && released_) return begin({});
  if (told || shown_.page == Page::kRefused) {
    show(Page::kRefused);
    shown_.can_go_on = true;
    patience_ = is_about_nobody(shown_.verdict) ? kPauseWithoutCard : kReadingTime;
    return {};
  }
  show(Page::kEnded);
  shown_.can_go_on = true;
  // Without a card, "not right" is all that there is to say, and is said until it is read.
  patience_ = is_without_card() ? kReadingTime : kPause;
  return {};
}

void Model::session_failed() {
  running_ = false;
  shown_ = Shown{};
  show(Page::kEnded);
  shown_.can_go_on = true;
  patience_ = kReadingTime;
}

void Model::answered() {
  asked_ = false;
  if (waiting_.empty()) return;
  const Waiting next = std::move(waiting_.front());
  waiting_.erase(waiting_.begin());
  prompt(next.text, next.hidden);
}

Commands Model::respond(std::string text) {
  answered();
  return {{Command::Kind::kRespond, std::move(text)}};
}

Commands Model::typed(bool empty) {
  const bool choice = shown_.page == Page::kChoose;
  const bool may_be_empty = shown_.page == Page::kQuestion || shown_.page == Page::kCode;
  if (!asked_ || (!choice && !may_be_empty && shown_.page != Page::kPin)) return {};
  if (empty && !may_be_empty) return {};  // a slip of the finger; begin_anew() is there to give up
  forget_words();
  shown_.verdict.reset();
  shown_.work = choice ? Work::kChecking : Work::kVerifying;
  show(Page::kWorking);
  answered();
  return {{Command::Kind::kRespondTyped}};
}

Commands Model::choose(std::size_t card) {
  if (!asked_ || shown_.page != Page::kChoose || card >= shown_.cards.size()) return {};
  forget_words();
  shown_.verdict.reset();
  shown_.work = Work::kChecking;
  show(Page::kWorking);
  return respond(std::to_string(card + 1));
}

Commands Model::name_given(std::string_view name) {
  if (shown_.page != Page::kName) return {};
  name = trimmed(name, " ");
  return name.empty() ? Commands{} : begin(std::string(name));
}

Commands Model::last_try(bool use) {
  if (!asked_ || shown_.page != Page::kLastTry) return {};
  forget_words();
  shown_.verdict.reset();
  shown_.work = Work::kReading;
  show(Page::kWorking);
  return respond(use ? kYes : kNo);
}

Commands Model::go_on() {
  if (!shown_.can_go_on) return {};
  if (asked_) {
    shown_.can_go_on = false;
    patience_.reset();
    released_ = true;
    return respond({});
  }
  if (shown_.page == Page::kNotice) {
    show(Page::kWelcome);
    return {{Command::Kind::kStartSession}};
  }
  return begin({});
}

Commands Model::begin_anew() {
  if (shown_.page == Page::kWelcome || shown_.page == Page::kNotice || shown_.page == Page::kNoManager)
    return {};
  if (shown_.can_go_on) return go_on();
  if (!shown_.can_begin_anew) return {};
  Commands commands;
  if (running_) commands.push_back({Command::Kind::kCancel});
  for (Command& command : begin({})) commands.push_back(std::move(command));
  return commands;
}

Commands Model::do_without_card() {
  if (shown_.offered == WithoutCard::kNot) return {};
  Commands commands;
  if (running_) commands.push_back({Command::Kind::kCancel});
  running_ = false;
  asked_ = false;
  shown_ = Shown{};
  shown_.without_card = allowed_;
  show(Page::kName);
  patience_ = kTypingTime;
  return commands;
}

Commands Model::time_passed() {
  if (!patience_) return {};
  return shown_.can_go_on ? go_on() : begin_anew();
}

}  // namespace jpki::greeter
