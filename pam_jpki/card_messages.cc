// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What Messages says about a choice between cards.
#include "base/verdict_text.h"
#include "pam_jpki/messages.h"

#include <algorithm>

namespace jpki::pam {
namespace {

// Of the name of a reader: the words of it are at the beginning, what tells two alike apart is at the end.
constexpr std::size_t kLongName = 40;
constexpr std::size_t kShortName = 18;
constexpr std::size_t kTail = 9;  // "00 00" and a little more
constexpr std::string_view kGap = "..";

// lightdm passes on about 1,000 bytes: so many lines with a date fit into a message, in Japanese too.
constexpr std::size_t kMostDates = 4;

// What hardware calls itself, as one line of ASCII of at most `columns`.
std::string name_of_reader(std::string_view told, std::size_t columns) {
  std::string name;
  for (const char c : told) {
    const bool graphic = c > ' ' && c <= '~';
    if (c == ' ' && (name.empty() || name.back() == ' ')) continue;
    name += graphic || c == ' ' ? c : '?';
  }
  while (name.ends_with(' ')) name.pop_back();
  if (name.size() <= columns) return name;
  return name.substr(0, columns - kTail - kGap.size()).append(kGap).append(name.substr(name.size() - kTail));
}

const char* name_of(CardKind kind) {
  switch (kind) {
    case CardKind::kMyNumber:
      return N_("MyNumber card");
    case CardKind::kStaff:
      return N_("staff card");
  }
  return "";
}

const char* name_with_date(std::optional<std::uint8_t> days) {
  if (!days) return N_("{kind} in {reader}");
  if (*days == 0) return N_("{kind} in {reader}, last login here within 24 hours");
  if (*days == 1) return N_("{kind} in {reader}, last login here 1 day ago");
  return N_("{kind} in {reader}, last login here {days} days ago");
}

}  // namespace

// The reader's name comes last into each text: it may hold anything.
std::vector<std::string> Messages::names_of(const AskCard& ask, bool whole) const {
  const bool one_kind = std::ranges::all_of(
      ask.cards, [&](const OfferedCard& card) { return card.kind == ask.cards.front().kind; });
  const bool dates = whole && ask.cards.size() <= kMostDates;
  std::vector<std::string> names;
  for (const OfferedCard& card : ask.cards) {
    const std::string reader = name_of_reader(card.reader, whole ? kLongName : kShortName);
    if (!whole && one_kind) {
      names.push_back(reader);
      continue;
    }
    std::string name = translate_(name_with_date(dates ? card.days_since_login : std::nullopt));
    name = fill_in(std::move(name), "{days}", card.days_since_login.value_or(0));
    name = fill_in(std::move(name), "{kind}", translate_(name_of(card.kind)));
    names.push_back(fill_in(std::move(name), "{reader}", reader));
  }
  return names;
}

std::string Messages::list_of_cards(const AskCard& ask) const {
  std::string text = translate_(N_("More than one card can be used:"));
  unsigned place = 0;
  for (const std::string& name : names_of(ask, true))
    text.append("\n").append(std::to_string(++place)).append(": ").append(name);
  return text;
}

std::vector<std::string> Messages::numbered_in_short(const AskCard& ask) const {
  std::vector<std::string> items;
  for (const std::string& name : names_of(ask, false))
    items.push_back(std::to_string(items.size() + 1) + ": " + name);
  return items;
}

std::string Messages::which_card() const {
  return translate_(N_("Which card is yours? Please type its number, not your PIN: "));
}

std::string Messages::which_in_list() const {
  return translate_(N_("Which card is yours?"));
}

std::string Messages::which_card_in_short(const AskCard& ask) const {
  std::string cards;
  unsigned place = 0;
  for (const std::string& name : names_of(ask, false)) {
    if (place > 0) cards += ", ";
    cards.append(std::to_string(++place)).append(" = ").append(name);
  }
  return fill_in(translate_(N_("Which card? {cards} (number, not PIN): ")), "{cards}", cards);
}

std::string Messages::no_such_card(std::size_t count) const {
  return fill_in(translate_(N_("Please type only the number of your card, from 1 to {count}. "
                               "No PIN was checked.")),
                 "{count}", static_cast<unsigned>(count));
}

std::string Messages::no_such_card_in_short(std::size_t count) const {
  return fill_in(translate_(N_("Only a number from 1 to {count}")), "{count}", static_cast<unsigned>(count));
}

}  // namespace jpki::pam
