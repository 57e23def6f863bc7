// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/pin_entry.h"

#include "base/typed_text.h"

#include <array>
#include <cstring>

namespace jpki::pam {
namespace {

constexpr int kMaxPrompts = 3;
constexpr std::uint8_t kLastTry = 1;

struct WipedBuffer {
  std::array<std::uint8_t, Secret::kCapacity> bytes;
  ~WipedBuffer() { ::explicit_bzero(bytes.data(), bytes.size()); }
};

// Guessing with a password that an earlier module asked for is allowed only while a wrong guess harms nobody:
// all tries are there, and the token says so. One that does not count would lose a try at every login.
bool may_guess(const AskPin& ask) {
  return !ask.on_reader && !ask.smartphone && !ask.may_be_last && ask.tries_left &&
         *ask.tries_left == ask.max_tries && *ask.tries_left > kLastTry;
}

bool is_last_try(const AskPin& ask) {
  return ask.tries_left == kLastTry || ask.may_be_last;
}

Expected<EnteredPin, NoPin> only_first_pass(const AskPin& ask, const char* first_pass) {
  if (first_pass == nullptr || *first_pass == '\0') return Unexpected{NoPin{Verdict::kCancelled}};
  if (ask.on_reader || ask.smartphone) return Unexpected{NoPin{Verdict::kNobodyToAsk}};
  if (is_last_try(ask)) return Unexpected{NoPin{Verdict::kLastTryNotConfirmed}};
  auto pin = pin_of(first_pass, ask.form);
  if (!pin) return Unexpected{NoPin{Verdict::kPinMalformed}};
  return EnteredPin{{std::move(*pin), false}, true};
}

Words pin_question(const AskPin& ask, const Messages& messages) {
  return {{.state = ScreenState::kPin,
           .tries_left = ask.tries_left,
           .max_tries = ask.max_tries,
           .form = ask.form,
           .smartphone = ask.smartphone,
           .account = ask.account},
          messages.pin_prompt(ask),
          messages.pin_prompt_in_short(ask)};
}

Words last_try_question(const AskPin& ask, const Messages& messages) {
  return {{.state = ScreenState::kConfirm,
           .tries_left = ask.tries_left,
           .max_tries = ask.max_tries,
           .smartphone = ask.smartphone,
           .account = ask.account},
          messages.last_try_question(ask),
          messages.last_try_in_short()};
}

// What is typed here goes nowhere: the PIN is typed on the reader, once the person says that it can begin.
Expected<EnteredPin, NoPin> begin_on_reader(const AskPin& ask, bool last_try, Conversation& conversation,
                                            const Messages& messages) {
  const auto answer = conversation.ask_hidden({{.state = ScreenState::kHold, .account = ask.account},
                                               messages.pin_on_reader(ask),
                                               messages.press_enter()});
  if (!answer) return Unexpected{NoPin{Verdict::kCancelled, true}};
  auto nothing = Secret::copy_of({});
  if (!nothing) return Unexpected{NoPin{Verdict::kInternal}};
  return EnteredPin{{std::move(*nothing), last_try}, false};
}

Expected<EnteredPin, NoPin> prompt(const AskPin& ask, Conversation& conversation, const Messages& messages) {
  const Screen& screen = conversation.screen();
  const bool last_try = is_last_try(ask);
  // A yes is one only where the question could be seen.
  if (last_try && !screen.choices()) return Unexpected{NoPin{Verdict::kLastTryNotConfirmed}};
  if (last_try) {
    const auto answer = conversation.ask_hidden(last_try_question(ask, messages));
    if (!answer) return Unexpected{NoPin{Verdict::kLastTryNotConfirmed, true}};
    if (!is_yes(answer->text())) return Unexpected{NoPin{Verdict::kLastTryNotConfirmed}};
  }
  if (ask.on_reader) return begin_on_reader(ask, last_try, conversation, messages);
  const int prompts = screen.questions ? kMaxPrompts : 1;
  for (int i = 0; i < prompts; ++i) {
    if (i > 0)
      conversation.complain(
          {{.state = ScreenState::kWrongForm, .form = ask.form}, messages.wrong_form(ask.form)},
          messages.wrong_form_in_short(ask.form));
    const auto answer = conversation.ask_hidden(pin_question(ask, messages));
    if (!answer) return Unexpected{NoPin{Verdict::kCancelled, true}};
    if (answer->text().empty()) return Unexpected{NoPin{Verdict::kCancelled}};
    if (auto pin = pin_of(answer->text(), ask.form)) return EnteredPin{{std::move(*pin), last_try}, false};
  }
  return Unexpected{NoPin{Verdict::kPinMalformed}};
}

}  // namespace

std::optional<Secret> pin_of(std::string_view typed, const PinForm& form) {
  WipedBuffer buffer;
  std::size_t size = 0;
  for (; !typed.empty(); ++size) {
    if (size == buffer.bytes.size()) return std::nullopt;
    const auto wide = form.digits_only ? wide_digit(typed) : std::nullopt;
    buffer.bytes[size] = wide.value_or(static_cast<std::uint8_t>(typed.front()));
    typed.remove_prefix(wide ? kWideDigitSize : 1);
  }
  const Bytes pin(buffer.bytes.data(), size);
  if (pin.empty() || !form.accepts(pin)) return std::nullopt;
  return Secret::copy_of(pin);
}

Expected<EnteredPin, NoPin> enter_pin(const AskPin& ask, FirstPass policy, const char* first_pass,
                                      Conversation& conversation, const Messages& messages) {
  if (ask.tries_left == 0) return Unexpected{NoPin{Verdict::kPinLocked}};
  switch (policy) {
    case FirstPass::kOnly:
      return only_first_pass(ask, first_pass);
    case FirstPass::kTry:
      if (first_pass != nullptr && may_guess(ask)) {
        if (auto pin = pin_of(first_pass, ask.form)) return EnteredPin{{std::move(*pin), false}, true};
      }
      break;
    case FirstPass::kNever:
      break;
  }
  return prompt(ask, conversation, messages);
}

}  // namespace jpki::pam
