// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/screen.h"

#include "base/terminal_name.h"

#include <algorithm>
#include <iterator>

namespace jpki::pam {
namespace {

using namespace screens;

constexpr Screen kAll[] = {kFull,      kPromptOnly, kGdm,     kAnnounced, kGreeter,
                           kOneAnswer, kBlind,      kUnknown, kNobody};

// It breaks lines at spaces, and Japanese has none.
constexpr Screen kXscreensaver = [] {
  Screen screen = kFull;
  screen.columns = 34;
  screen.question_columns = 18;  // it stands beside the field
  return screen;
}();

struct Row {
  std::string_view service;
  Screen screen;
  bool needs_terminal = false;  // without one it reads what it takes for answers from somewhere else
};
constexpr Row kRows[] = {
    {"login", kFull},
    {"su", kFull, true},
    {"su-l", kFull, true},
    {"chsh", kFull, true},
    {"chfn", kFull, true},
    {"vlock", kFull, true},
    {"sshd", kFull},
    {"polkit-1", kFull},
    {"xscreensaver", kXscreensaver},
    {"sudo", kPromptOnly},
    {"sudo-i", kPromptOnly},
    {"gdm-password", kGdm},
    {"gdm-smartcard", kGdm},
    {"lightdm", kAnnounced},
    {"lightdm-jpki", kGreeter},
    {"hyprlock", kOneAnswer},
    {"gtklock", kBlind},  // it shows messages, and dies of them: then nobody can unlock the session
    {"i3lock", kBlind},
    {"swaylock", kBlind},
    {"kde", kUnknown},  // kscreenlocker shows messages but no question, and what was typed stays in its field
    {"kde-smartcard", kNobody},
    {"kde-fingerprint", kNobody},
    {"gdm-fingerprint", kNobody},
    {"gdm-autologin", kNobody},
    {"cron", kNobody},
    {"atd", kNobody},
    {"systemd-user", kNobody},
};

// "/dev/pts/0", "pts/0", "tty1", "ssh": no display, which is "host:0.0" or "wayland-0".
bool is_text_terminal(std::string_view terminal) {
  const std::string_view name = terminal_name(terminal);
  return name.starts_with("pts/") || name.starts_with("tty") || name == "console";
}

Screen of_terminal(const Front& front) {
  if (is_text_terminal(front.terminal)) return kFull;
  if (front.terminal.empty() && front.display.empty() && front.typed_to) return kFull;
  return front.terminal.empty() && front.display.empty() ? kNobody : kUnknown;
}

Screen of_service(const Front& front) {
  const auto* const row = std::ranges::find(kRows, front.service, &Row::service);
  if (row == std::end(kRows)) return of_terminal(front);
  return row->needs_terminal && front.terminal.empty() ? kNobody : row->screen;
}

}  // namespace

std::size_t Screen::columns_for(std::string_view text, bool question) const noexcept {
  const bool japanese =
      std::ranges::any_of(text, [](char c) { return (static_cast<unsigned char>(c) & 0x80) != 0; });
  return question && japanese && question_columns != 0 ? question_columns : columns;
}

std::optional<Screen> screen_named(std::string_view name) {
  const auto* const found = std::ranges::find(kAll, name, &Screen::name);
  return found == std::end(kAll) ? std::nullopt : std::optional(*found);
}

Screen screen_of(const Front& front) {
  Screen screen = of_service(front);
  if (!front.silent || !screen.somebody) return screen;
  // Who wants silence gets prompts alone, and asks again in the same handle as sudo does.
  if (screen.questions) {
    Screen silent = kPromptOnly;
    silent.prompts = screen.prompts;
    silent.tries = screen.tries && screen.prompts;
    silent.reasons = screen.prompts;
    silent.restarts = screen.restarts;
    silent.columns = screen.columns;
    silent.question_columns = screen.question_columns;
    screen = silent;
  }
  screen.texts = false;
  screen.same_handle = true;
  return screen;
}

}  // namespace jpki::pam
