// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/terminal.h"

#include "base/typed_text.h"
#include "base/unique_fd.h"
#include "base/verdict_text.h"
#include "base/whole_transfer.h"
#include "jpkictl/context.h"
#include "jpkictl/text.h"
#include "jpkictl/words.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

namespace jpki::ctl::card {
namespace {

constexpr int kMostWrongForms = 3;
constexpr int kEndings[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

volatile std::sig_atomic_t caught = 0;

void note(int signal) {
  caught = signal;
}

UniqueFd open_terminal() {
  return UniqueFd(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
}

void show(const UniqueFd& terminal, std::string_view text) {
  (void)write_all(terminal.get(), as_bytes(text));
}

// Signals end the read instead of the process, until the terminal is as it was.
class NoEcho {
 public:
  explicit NoEcho(const UniqueFd& terminal) : terminal_(terminal) {
    caught = 0;
    struct sigaction noting {};
    noting.sa_handler = note;  // without SA_RESTART
    for (std::size_t i = 0; i < before_.size(); ++i) ::sigaction(kEndings[i], &noting, &before_[i]);
    if (::tcgetattr(terminal.get(), &modes_) != 0) return;
    termios quiet = modes_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHOE | ECHOK | ECHONL);
    off_ = ::tcsetattr(terminal.get(), TCSAFLUSH, &quiet) == 0;
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;
  ~NoEcho() {
    if (off_) (void)::tcsetattr(terminal_.get(), TCSAFLUSH, &modes_);
    if (off_) show(terminal_, "\n");
    for (std::size_t i = 0; i < before_.size(); ++i) ::sigaction(kEndings[i], &before_[i], nullptr);
    if (caught != 0) ::raise(caught);
  }
  bool off() const { return off_; }

 private:
  const UniqueFd& terminal_;
  std::array<struct sigaction, std::size(kEndings)> before_{};
  termios modes_{};
  bool off_ = false;
};

std::string prompt_of(const registration::PinQuestion& question) {
  const bool four_digits = is_mynumber_pin(question.form);
  if (!question.tries_left) return say(four_digits ? N_("MyNumber card PIN (4 digits): ") : N_("Card PIN: "));
  if (*question.tries_left == 1)
    return say(four_digits ? N_("MyNumber card PIN (4 digits, last try): ") : N_("Card PIN (last try): "));
  return say(four_digits ? N_("MyNumber card PIN (4 digits, {tries} tries left): ")
                         : N_("Card PIN ({tries} tries left): "),
             {{"{tries}", std::to_string(*question.tries_left)}});
}

std::string wrong_form(const PinForm& form) {
  return say(text_of_wrong_form(form),
             {{"{min}", std::to_string(form.min_length)}, {"{max}", std::to_string(form.max_length)}});
}

// Full-width digits become digits; in place.
std::size_t narrow_digits(std::span<std::uint8_t> typed) {
  std::size_t out = 0;
  for (std::size_t in = 0; in < typed.size(); ++out) {
    const auto wide = wide_digit(as_text(typed.subspan(in)));
    typed[out] = wide.value_or(typed[in]);
    in += wide ? kWideDigitSize : 1;
  }
  return out;
}

bool is_last_try(const registration::PinQuestion& question) {
  return question.tries_left == std::uint8_t{1} || question.may_be_last;
}

// Whether the PIN may be sent: there is another try than the last one, or the person says yes.
bool last_try_is_meant(const registration::PinQuestion& question) {
  if (!is_last_try(question)) return true;
  const auto answer = ask_at_terminal(say(last_try_question(question.tries_left)));
  return answer && is_yes(*answer);
}

}  // namespace

void tell_terminal(const std::string& text) {
  if (const UniqueFd terminal = open_terminal(); terminal.valid())
    show(terminal, for_terminal(text, Lines::kSeveral) + "\n");
}

std::optional<Secret> ask_secret(const std::string& prompt) {
  const UniqueFd terminal = open_terminal();
  if (!terminal.valid()) return std::nullopt;
  const NoEcho quiet(terminal);
  if (!quiet.off()) return std::nullopt;
  show(terminal, for_terminal(prompt, Lines::kSeveral));
  std::array<std::uint8_t, Secret::kCapacity> line{};
  std::size_t size = 0;
  bool whole = false;
  while (!whole && caught == 0 && size < line.size()) {
    const ssize_t n = ::read(terminal.get(), line.data() + size, 1);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    whole = line[size] == '\n';
    if (!whole) ++size;
  }
  size = narrow_digits(std::span(line).first(size));
  auto secret = whole ? Secret::copy_of(Bytes(line).first(size)) : std::nullopt;
  ::explicit_bzero(line.data(), line.size());
  return secret;
}

registration::PinAnswer ask_for_pin(const registration::PinQuestion& question) {
  if (!last_try_is_meant(question)) return {};
  if (question.on_reader) {
    tell_terminal(say(N_("Please type the PIN of your card on the keys of the card reader.")));
    return {Secret::copy_of({}), is_last_try(question)};
  }
  for (int wrong = 0; wrong < kMostWrongForms; ++wrong) {
    auto pin = ask_secret(prompt_of(question));
    if (!pin || pin->size() == 0) return {};
    if (question.form.accepts(pin->bytes())) return {std::move(*pin), is_last_try(question)};
    tell_terminal(wrong_form(question.form));
  }
  return {};
}

}  // namespace jpki::ctl::card
