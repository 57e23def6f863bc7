// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Model: what the screen shows, as a state machine over what PAM says and what the person does. It knows
// neither a toolkit nor lightdm, reads no clock, and sees nothing that is typed into a field that hides it.
//
// Every decision stays in the PAM stack: the model begins an attempt, passes answers on and begins anew. It
// never answers a question by itself, except that it lets a refusal go that nobody reads any more.
#pragma once

#include "base/screen_line.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::greeter {

enum class Page {
  kStarting,    // an attempt has begun and said nothing yet
  kInsertCard,  // a card is waited for
  kWorking,     // `work` tells what is done
  kChoose,      // which of `cards` is meant
  kPin,         // the PIN is asked for
  kLastTry,     // whether the last try may be spent; two buttons, no field
  kRefused,     // `words` tell why
  kQuestion,    // the prompt of another module: `prompt`
  kCode,        // an emergency code is asked for: `prompt`
  kName,        // our own question: who logs in without a card
  kNotice,      // accepted, and `words` that the person should read before the session begins
  kWelcome,     // accepted; the session begins
  kEnded,       // the attempt is over, and nothing said why
  kNoManager,   // there is no display manager to talk to
};

// How people log in here who have no card: they give their name, and the PAM stack asks for the rest.
enum class WithoutCard { kNot, kPassword, kCode, kPasswordOrCode };

enum class Work { kReading, kChecking, kAsking, kVerifying };

struct Shown {
  Page page = Page::kStarting;
  Work work = Work::kReading;
  std::string account{};  // whose login it is; empty: not known
  std::optional<std::uint8_t> tries_left{};
  std::uint8_t max_tries = 0;        // 0: not known
  std::optional<PinForm> form{};     // kPin
  bool smartphone = false;           // kPin, kLastTry: of a smartphone
  std::vector<std::string> cards{};  // kChoose: what each is called, with its number
  std::string prompt{};              // kQuestion, kCode
  bool hidden = true;                // kQuestion: the field shows dots
  std::string words{};               // plain text for the person, from PAM; may be empty
  std::optional<ScreenLine> said{};  // the line of a module of ours that all of `words` came with
  bool words_are_error = false;
  std::optional<Verdict> verdict{};
  WithoutCard without_card = WithoutCard::kNot;  // this attempt is one of a typed name
  // What the person can do here.
  bool can_go_on = false;  // Enter: read, understood, go on
  bool can_begin_anew = false;
  WithoutCard offered = WithoutCard::kNot;  // the button that leads to kName
  bool operator==(const Shown&) const = default;
};

// What the display manager is asked to do.
struct Command {
  enum class Kind {
    kAuthenticate,  // `text` is the name; empty: the card says who
    kRespond,       // with `text`
    kRespondTyped,  // with what is in the field
    kCancel,
    kStartSession,
  };
  Kind kind;
  std::string text{};
  bool operator==(const Command&) const = default;
};
using Commands = std::vector<Command>;

class Model {
 public:
  explicit Model(WithoutCard allowed) : allowed_(allowed) {}

  const Shown& shown() const noexcept { return shown_; }

  // How long the page stands before time_passed() is to be called; nothing: until something happens. Counted
  // from the last call of the display manager or key of the person.
  std::optional<std::chrono::seconds> patience() const noexcept { return patience_; }

  // --- what the display manager says
  Commands connected();
  void not_connected();
  void message(std::string_view text, bool error);
  void prompt(std::string_view text, bool hidden);
  Commands completed(bool authenticated);
  void session_failed();

  // --- what the person does. What is not possible on the page does nothing.
  Commands typed(bool empty);  // Enter in the field of kChoose, kPin, kQuestion and kCode
  Commands choose(std::size_t card);
  Commands name_given(std::string_view name);
  Commands last_try(bool use);
  Commands go_on();
  Commands begin_anew();
  Commands do_without_card();
  Commands time_passed();

 private:
  void show(Page page);
  void take(const ForScreen& said);
  void take_words(std::string_view text, bool error);
  void forget_words();
  void show_refusal(const ForScreen& said);
  bool take_cards(const ForScreen& said);
  void show_at_work(Page page);
  Commands begin(std::string name);
  Commands respond(std::string text);
  void answered();
  Commands end_without_person();
  bool is_without_card() const noexcept { return shown_.without_card != WithoutCard::kNot; }

  Shown shown_{};
  WithoutCard allowed_;
  bool running_ = false;  // between kAuthenticate and completed(), begin_anew() or kCancel
  bool asked_ = false;    // a prompt waits for an answer
  struct Waiting {
    std::string text;
    bool hidden;
  };
  std::vector<Waiting> waiting_{};  // prompts behind it
  bool released_ = false;           // the refusal was read, as its prompt asked
  bool fresh_words_ = false;        // they came after the last prompt
  std::optional<std::chrono::seconds> patience_{};
};

}  // namespace jpki::greeter
