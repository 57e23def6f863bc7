// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/card_entry.h"

#include "base/trimmed.h"
#include "base/typed_text.h"

#include <algorithm>
#include <string>
#include <vector>

namespace jpki::pam {
namespace {

constexpr int kMaxPrompts = 3;

bool look_alike(std::vector<std::string> names) {
  std::ranges::sort(names);
  return std::ranges::adjacent_find(names) != names.end();
}

// Where messages are read, the cards stand in one; where one takes the place of another, with the question.
Words card_question(const AskCard& ask, const Screen& screen, const Messages& messages) {
  Words question{{.state = ScreenState::kChoose, .cards = static_cast<std::uint8_t>(ask.cards.size())}, {}};
  if (screen.program)
    question.text = messages.list_of_cards(ask);
  else if (!screen.texts)
    question.text = messages.which_card_in_short(ask);
  else
    question.text = (screen.prompts ? "" : messages.list_of_cards(ask) + "\n") + messages.which_card();
  question.few = messages.which_in_list();
  return question;
}

}  // namespace

Expected<std::uint8_t, NoCard> enter_card(const AskCard& ask, Conversation& conversation,
                                          const Messages& messages) {
  const Screen& screen = conversation.screen();
  if (!screen.choices() || look_alike(messages.names_of(ask, screen.texts)))
    return Unexpected{NoCard{Verdict::kSeveralCards}};
  const Words question = card_question(ask, screen, messages);
  if (screen.texts && screen.prompts && !screen.program)
    conversation.tell({question.line, messages.list_of_cards(ask)});
  const auto items = screen.field ? messages.numbered_in_short(ask) : messages.names_of(ask, true);
  if (const auto place = conversation.choose(messages.which_in_list(), items, messages.list_of_cards(ask)))
    return *place;
  const std::size_t count = ask.cards.size();
  for (int i = 0; i < kMaxPrompts; ++i) {
    if (i > 0)
      conversation.complain({{.state = ScreenState::kWrongForm}, messages.no_such_card(count)},
                            messages.no_such_card_in_short(count));
    const auto answer = conversation.ask_hidden(question);
    if (!answer) return Unexpected{NoCard{Verdict::kCancelled, true}};
    if (const auto place = card_of(answer->text(), count)) return *place;
  }
  return Unexpected{NoCard{Verdict::kSeveralCards}};
}

std::optional<std::uint8_t> card_of(std::string_view typed, std::size_t count) {
  typed = trimmed(typed, kTypedBlanks);
  int place = -1;
  if (typed.size() == 1)
    place = typed[0] - '1';
  else if (const auto wide = wide_digit(typed); wide && typed.size() == kWideDigitSize)
    place = *wide - '1';
  if (place < 0 || static_cast<std::size_t>(place) >= count) return std::nullopt;
  return static_cast<std::uint8_t>(place);
}

}  // namespace jpki::pam
