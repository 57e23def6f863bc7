// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Screen: what a person sees of a conversation, and how a front end answers for them. PAM hosts do what they
// like with messages and prompts, so what may be asked there, and how it is told, follows from this table and
// from nothing else. Every row is a front end that was looked at (doc/screens.md names the test).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace jpki::pam {

struct Screen {
  std::string_view name;     // of the option screen=
  bool somebody = true;      // there is a person who can be asked
  bool texts = true;         // a message is shown when it comes
  bool last_words = true;    // the last message stays readable when the conversation has failed
  bool prompts = true;       // the text of each prompt is shown
  bool questions = true;     // a second prompt is put to the person, and not dropped or answered by the host
  bool tries = true;         // how many tries are left can be seen before a PIN is typed
  bool same_handle = false;  // the host asks again in the same handle, so words can wait for its next prompt
  bool reasons = true;       // words of ours may stand before a prompt
  std::size_t columns = 0;   // a text is put on one line, of which so many characters fit; 0: it breaks lines
  bool restarts = false;     // the host begins anew at once while a card is there (restart_pace.h)
  bool lists = false;        // it may show a list to choose from (choice_list.h)
  std::size_t question_columns =
      0;                 // the same as `columns` for a question without spaces to break at; 0: `columns`
  bool field = false;    // a prompt stands in its field, where few words fit: all of it is told before
  bool program = false;  // our greeter: each text begins with a line for it (base/screen_line.h)

  // The width in which a text is broken into lines; 0: it is not.
  std::size_t columns_for(std::string_view text, bool question) const noexcept;
  // What is told is lost with the conversation: it must be held by a prompt.
  bool holds() const noexcept { return somebody && reasons && questions && !last_words; }
  // A message that asks for nothing is read: it stays, or our greeter waits until it was.
  bool keeps_messages() const noexcept { return texts && reasons && (last_words || program); }
  // What is asked is told before as well.
  bool announces() const noexcept { return texts && !prompts && questions; }
  // A question is seen before it is answered, and answered by itself: a choice or a yes means something.
  bool choices() const noexcept { return somebody && questions && tries; }
  bool operator==(const Screen&) const = default;
};

namespace screens {

// Text consoles, sshd, pkexec, xscreensaver.
inline constexpr Screen kFull{.name = "full"};
// sudo, which asks for silence.
inline constexpr Screen kPromptOnly{.name = "prompt-only", .texts = false, .last_words = false};
// GDM: gnome-shell shows about 30 columns of a prompt, and the last message below it until something is typed
// or the conversation ends.
inline constexpr Screen kGdm{
    .name = "gdm", .last_words = false, .prompts = false, .restarts = true, .lists = true, .field = true};
// Greeters that show a message rather than the prompt after it, and end with words of their own: lightdm's.
inline constexpr Screen kAnnounced{.name = "announced", .last_words = false, .prompts = false, .columns = 72};
inline constexpr Screen kGreeter{.name = "greeter", .last_words = false, .program = true};
// Lockers in which one text is typed, and goes to every prompt there is: hyprlock.
inline constexpr Screen kOneAnswer{.name = "one-answer", .questions = false, .tries = false};
// The same, and nothing is shown but that it failed: i3lock, swaylock, gtklock.
inline constexpr Screen kBlind{.name = "blind",
                               .texts = false,
                               .last_words = false,
                               .prompts = false,
                               .questions = false,
                               .tries = false};
// Some graphical front end that nobody looked at: all is told and asked in every way, and nothing is taken
// for seen.
inline constexpr Screen kUnknown{.name = "unknown", .last_words = false, .prompts = false, .tries = false};
// Nobody is there: cron, mail servers, scripts.
inline constexpr Screen kNobody{.name = "nobody",
                                .somebody = false,
                                .texts = false,
                                .last_words = false,
                                .prompts = false,
                                .questions = false,
                                .tries = false};

}  // namespace screens

// The screen of this name (option screen=).
std::optional<Screen> screen_named(std::string_view name);

// What the host tells of itself.
struct Front {
  std::string service{};   // PAM_SERVICE
  std::string terminal{};  // PAM_TTY
  std::string display{};   // PAM_XDISPLAY
  bool silent = false;     // PAM_SILENT
  bool typed_to = false;   // its standard input is a terminal
};

// The row of the service. A service without a row is known by its terminal: full at a text terminal,
// kUnknown at a display; without either there is nobody to ask.
Screen screen_of(const Front& front);

}  // namespace jpki::pam
