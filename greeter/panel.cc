// SPDX-License-Identifier: LGPL-2.1-or-later
#include "greeter/panel.h"

#include "greeter/plain_text.h"

#include <atkmm/object.h>

namespace jpki::greeter {
namespace {

constexpr std::uint8_t kMostMarks = 10;

void prepare(Gtk::Label& label, const char* style) {
  label.get_style_context()->add_class(style);
  label.set_line_wrap(true);
  label.set_line_wrap_mode(Pango::WRAP_WORD_CHAR);
  label.set_justify(Gtk::JUSTIFY_CENTER);
  label.set_use_markup(false);
  label.set_no_show_all(true);
}

// "● ● ○": the tries that are left, and those that are used up.
std::string marks_of(const Shown& shown) {
  if (!shown.tries_left || shown.max_tries == 0 || shown.max_tries > kMostMarks) return {};
  std::string marks;
  for (std::uint8_t i = 0; i < shown.max_tries; ++i)
    marks += std::string(marks.empty() ? "" : " ") + (i < *shown.tries_left ? "●" : "○");
  return marks;
}

bool is_refusal(Page page) {
  return page == Page::kRefused || page == Page::kNotice;
}

// What a drawing tells that stands nowhere else; the others only decorate.
const char* meaning_of(Picture::Motif motif) {
  switch (motif) {
    case Picture::Motif::kPutCard:
      return label(Label::kCardPicture);
    case Picture::Motif::kCardLies:
    case Picture::Motif::kBusy:
      return label(Label::kWorkingPicture);
    case Picture::Motif::kWarning:
      return label(Label::kWarningPicture);
    case Picture::Motif::kNone:
    case Picture::Motif::kPerson:
    case Picture::Motif::kNotice:
    case Picture::Motif::kDone:
      break;
  }
  return "";
}

bool is_few(const Shown& shown) {
  return shown.tries_left && *shown.tries_left <= 1;
}

}  // namespace

void set_or_hide(Gtk::Label& label, const std::string& text) {
  label.set_text(text);
  label.set_visible(!text.empty());
}

void name_for_ear(Gtk::Widget& widget, const std::string& name) {
  widget.get_accessible()->set_name(name);
}

Panel::Panel(Actions& actions) : actions_(actions) {
  set_policy(Gtk::POLICY_NEVER, Gtk::POLICY_AUTOMATIC);
  prepare(heading_, "heading");
  prepare(holder_, "holder");
  prepare(account_, "account");
  prepare(hint_, "hint");
  prepare(cause_, "cause");
  prepare(code_, "code");
  prepare(prompt_, "prompt");
  prepare(marks_, "marks");
  prepare(tries_, "tries");
  tries_row_.pack_start(marks_, Gtk::PACK_SHRINK);
  tries_row_.pack_start(tries_, Gtk::PACK_SHRINK);
  tries_row_.set_halign(Gtk::ALIGN_CENTER);
  field_.set_halign(Gtk::ALIGN_CENTER);
  enter_.get_style_context()->add_class("first");
  stop_.get_style_context()->add_class("first");
  go_on_.get_style_context()->add_class("first");
  for (Gtk::Button* button : {&enter_, &stop_, &use_last_, &go_on_, &anew_}) {
    button->set_use_underline(true);
    button->set_no_show_all(true);
    buttons_.pack_start(*button, Gtk::PACK_SHRINK);
  }
  buttons_.set_halign(Gtk::ALIGN_CENTER);
  for (Gtk::Widget* widget : std::initializer_list<Gtk::Widget*>{&picture_, &holder_, &account_, &heading_,
                                                                 &cause_, &steps_, &code_, &cards_, &hint_,
                                                                 &prompt_, &tries_row_, &field_, &buttons_})
    column_.pack_start(*widget, Gtk::PACK_SHRINK);
  cards_.set_no_show_all(true);
  cards_.set_halign(Gtk::ALIGN_CENTER);
  column_.set_valign(Gtk::ALIGN_CENTER);
  field_.set_no_show_all(true);
  add(column_);
  column_.set_focus_vadjustment(get_vadjustment());
  field_.signal_activate().connect([this] { actions_.typed(); });
  enter_.signal_clicked().connect([this] { actions_.typed(); });
  anew_.signal_clicked().connect([this] { actions_.begin_anew(); });
  stop_.signal_clicked().connect([this] { actions_.last_try(false); });
  use_last_.signal_clicked().connect([this] { actions_.last_try(true); });
  go_on_.signal_clicked().connect([this] { actions_.go_on(); });
}

void Panel::resize(int width, int height) {
  column_.set_margin_start(width * 5 / 100);
  column_.set_margin_end(width * 5 / 100);
  column_.set_spacing(height / 60);
  steps_.set_spacing(height / 80);
  cards_.set_spacing(height / 80);
  tries_row_.set_spacing(height / 50);
  buttons_.set_spacing(height / 30);
  buttons_.set_margin_top(height / 60);
  picture_.set_size_request(-1, height * 23 / 100);
  field_.set_size_request(width * 40 / 100, -1);
}

void Panel::show_person(const Shown& shown, const Words& words, const std::string& holder) {
  const bool named =
      !shown.account.empty() &&
      (shown.page == Page::kPin || shown.page == Page::kLastTry || shown.page == Page::kWorking ||
       shown.page == Page::kWelcome || shown.page == Page::kQuestion || shown.page == Page::kCode ||
       shown.page == Page::kStarting);
  set_or_hide(holder_, !named ? "" : holder.empty() ? shown.account : words.person(holder));
  set_or_hide(account_, named && !holder.empty() ? shown.account : "");
}

// A line of its own each, with room between them.
void Panel::show_steps(const std::vector<std::string>& steps) {
  for (Gtk::Widget* old : steps_.get_children()) steps_.remove(*old);
  for (const std::string& step : steps) {
    auto* const label = Gtk::make_managed<Gtk::Label>();
    prepare(*label, "step");
    steps_.pack_start(*label, Gtk::PACK_SHRINK);
    set_or_hide(*label, step);
  }
  steps_.set_visible(!steps.empty());
}

void Panel::show_words(const Shown& shown, const Words& words) {
  const Laid laid = lay_out(words.said(shown), shown.verdict);
  // A refusal is its own heading: what happened comes first, and largest.
  const bool in_place_of_heading = is_refusal(shown.page) && !laid.cause.empty();
  set_or_hide(heading_, in_place_of_heading && shown.page == Page::kRefused ? "" : words.heading(shown));
  set_or_hide(hint_, words.hint(shown));
  const bool large = is_refusal(shown.page) || shown.words_are_error;
  std::vector<std::string> steps = laid.steps;
  if (!large && !laid.cause.empty()) steps.insert(steps.begin(), laid.cause);
  set_or_hide(cause_, large ? laid.cause : "");
  if (shown.page == Page::kLastTry && large) steps.clear();  // the hint says what they would
  show_steps(steps);
  set_or_hide(code_, laid.code.empty() ? "" : words.code(laid.code));
  const auto style = cause_.get_style_context();
  shown.words_are_error ? style->add_class("error") : style->remove_class("error");
}

// A button each. The same ones stay, and with them the focus.
void Panel::show_cards(const Shown& shown) {
  const std::vector<std::string> cards =
      shown.page == Page::kChoose ? shown.cards : std::vector<std::string>{};
  if (cards == shown_cards_) return;
  shown_cards_ = cards;
  for (Gtk::Widget* old : cards_.get_children()) cards_.remove(*old);
  for (std::size_t i = 0; i < cards.size(); ++i) {
    auto* const button = Gtk::make_managed<Gtk::Button>();
    auto* const label = Gtk::make_managed<Gtk::Label>();
    prepare(*label, "card");
    set_or_hide(*label, cards[i]);
    button->add(*label);
    name_for_ear(*button, cards[i]);
    button->signal_clicked().connect([this, i] { actions_.choose(i); });
    cards_.pack_start(*button, Gtk::PACK_SHRINK);
    button->show();
  }
  cards_.set_visible(!cards.empty());
}

void Panel::show_field(const Shown& shown, const Words& words) {
  const bool asks = shown.page == Page::kQuestion || shown.page == Page::kCode;
  const bool has_field =
      shown.page == Page::kChoose || shown.page == Page::kPin || asks || shown.page == Page::kName;
  // A PIN may be typed where a card is to be chosen.
  const bool number = shown.page == Page::kChoose;
  const bool hidden = number || shown.page == Page::kPin || (asks && shown.hidden);
  const bool digits = number || (shown.page == Page::kPin && (!shown.form || shown.form->digits_only));
  set_or_hide(prompt_, asks ? shown.prompt : shown.page == Page::kName ? words(label(Label::kName)) : "");
  field_.set_visible(has_field);
  if (!has_field) return;
  field_.prepare(digits ? Field::For::kDigits : hidden ? Field::For::kHidden : Field::For::kShown);
  const Label name = number                      ? Label::kCardNumber
                     : shown.page == Page::kPin  ? Label::kPin
                     : shown.page == Page::kName ? Label::kName
                                                 : Label::kAnswer;
  name_for_ear(field_, asks && !shown.prompt.empty() ? shown.prompt : words(label(name)));
}

void Panel::show_buttons(const Shown& shown, const Words& words) {
  const auto set = [&](Gtk::Button& button, bool visible, Label name) {
    button.set_label(words(label(name)));
    button.set_visible(visible);
  };
  set(enter_, field_.get_visible(), shown.page == Page::kPin ? Label::kEnterPin : Label::kContinue);
  set(anew_, shown.can_begin_anew && field_.get_visible(), Label::kBeginAnew);
  set(stop_, shown.page == Page::kLastTry, Label::kStop);
  set(use_last_, shown.page == Page::kLastTry, Label::kUseLastTry);
  set(go_on_, shown.can_go_on, shown.page == Page::kEnded ? Label::kTryAgain : Label::kGoOn);
}

// What a screen reader says beside the name of what has the focus: all that the page tells.
void Panel::describe(const Shown& shown, const Words& words) {
  std::string all;
  for (const std::string& text :
       {words.heading(shown), words.said(shown), words.hint(shown), words.tries_for_ear(shown)})
    if (!text.empty()) all += (all.empty() ? "" : " ") + text;
  if (shown.page == Page::kChoose)
    for (const std::string& card : shown.cards) all += " " + card;
  for (Gtk::Widget* widget : std::initializer_list<Gtk::Widget*>{this, &field_, &go_on_, &stop_, &use_last_})
    widget->get_accessible()->set_description(all);
  name_for_ear(*this, words.heading(shown));
}

void Panel::show_page(const Shown& shown, const Words& words, const std::string& holder) {
  const Picture::Motif motif = Picture::motif_of(shown);
  picture_.show_motif(motif);
  name_for_ear(picture_, words(meaning_of(motif)));
  show_person(shown, words, holder);
  show_words(shown, words);
  show_cards(shown);
  show_field(shown, words);
  show_buttons(shown, words);
  describe(shown, words);
  // Else the field or the list needs the room.
  picture_.set_visible(!field_.get_visible() || (shown.words.empty() && shown.page != Page::kChoose));
  const bool with_tries =
      shown.page == Page::kPin || shown.page == Page::kLastTry || shown.page == Page::kRefused;
  set_or_hide(marks_, with_tries ? marks_of(shown) : "");
  name_for_ear(marks_, words.tries_for_ear(shown));
  set_or_hide(tries_, with_tries ? words.tries(shown) : "");
  for (Gtk::Label* label : {&marks_, &tries_}) {
    const auto style = label->get_style_context();
    is_few(shown) ? style->add_class("few") : style->remove_class("few");
  }
}

void Panel::focus(const Shown& shown) {
  if (field_.get_visible())
    field_.grab_focus();
  else if (shown.page == Page::kLastTry)
    stop_.grab_focus();
  else if (shown.can_go_on)
    go_on_.grab_focus();
}

}  // namespace jpki::greeter
