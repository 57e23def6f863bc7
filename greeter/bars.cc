// SPDX-License-Identifier: LGPL-2.1-or-later
#include "greeter/bars.h"

#include "base/node_name.h"
#include "greeter/panel.h"
#include "greeter/plain_text.h"

#include <ctime>

#include <glibmm/main.h>

namespace jpki::greeter {
namespace {

constexpr int kSpacing = 12;

std::string time_of_day() {
  const std::time_t now = std::time(nullptr);
  tm parts{};
  char text[8] = "";
  if (::localtime_r(&now, &parts) != nullptr) (void)std::strftime(text, sizeof text, "%H:%M", &parts);
  return text;
}

}  // namespace

TopBar::TopBar() : Gtk::Box(Gtk::ORIENTATION_HORIZONTAL, kSpacing) {
  get_style_context()->add_class("bar");
  pack_start(title_, Gtk::PACK_SHRINK);
  pack_end(time_, Gtk::PACK_SHRINK);
  pack_end(computer_, Gtk::PACK_SHRINK);
  computer_.set_text(plain_text(node_name()));
  computer_.set_ellipsize(Pango::ELLIPSIZE_END);
  (void)tell_time();
  timer_ = Glib::signal_timeout().connect_seconds(sigc::mem_fun(*this, &TopBar::tell_time), 5);
}

TopBar::~TopBar() {
  timer_.disconnect();
}

bool TopBar::tell_time() {
  time_.set_text(time_of_day());
  return true;
}

void TopBar::speak(const Words& words) {
  title_.set_text(words(label(Label::kTitle)));
}

BottomBar::BottomBar(Actions& actions) : Gtk::Box(Gtk::ORIENTATION_HORIZONTAL, kSpacing), actions_(actions) {
  get_style_context()->add_class("bar");
  for (Gtk::Button* button : {&without_card_, &language_}) pack_start(*button, Gtk::PACK_SHRINK);
  for (Gtk::Button* button : {&cancel_, &really_}) pack_end(*button, Gtk::PACK_SHRINK);
  pack_end(question_, Gtk::PACK_SHRINK);
  for (Gtk::Button* button : {&shut_down_, &restart_, &suspend_}) pack_end(*button, Gtk::PACK_SHRINK);
  for (Gtk::Widget* widget : get_children()) widget->set_no_show_all(true);
  for (Gtk::Button* button :
       {&without_card_, &language_, &cancel_, &really_, &shut_down_, &restart_, &suspend_})
    button->set_use_underline(true);
  without_card_.signal_clicked().connect([this] { actions_.do_without_card(); });
  language_.signal_clicked().connect([this] { actions_.other_language(); });
  suspend_.signal_clicked().connect([this] { actions_.power(Power::kSuspend); });
  restart_.signal_clicked().connect([this] { ask(Power::kRestart); });
  shut_down_.signal_clicked().connect([this] { ask(Power::kShutDown); });
  cancel_.signal_clicked().connect([this] { (void)close_question(); });
  really_.signal_clicked().connect([this] { do_it(); });
}

void BottomBar::offer(const std::set<Power>& powers) {
  powers_ = powers;
  arrange();
}

void BottomBar::speak(const Words& words, WithoutCard offered) {
  offered_ = offered;
  has_languages_ = words.has_japanese();
  without_card_.set_label(words(label(label_of(offered))));
  language_.set_label(words(label(Label::kOtherLanguage)));
  suspend_.set_label(words(label(Label::kSuspend)));
  restart_.set_label(words(label(Label::kRestart)));
  shut_down_.set_label(words(label(Label::kShutDown)));
  cancel_.set_label(words(label(Label::kCancel)));
  questions_[0] = words(label(Label::kReallyRestart));
  questions_[1] = words(label(Label::kReallyShutDown));
  answers_[0] = words(label(Label::kRestart));
  answers_[1] = words(label(Label::kShutDown));
  arrange();
}

void BottomBar::arrange() {
  const int which = asked_ == Power::kRestart ? 0 : 1;
  question_.set_text(questions_[which]);
  really_.set_label(answers_[which]);
  without_card_.set_visible(offered_ != WithoutCard::kNot && !asking_);
  language_.set_visible(has_languages_ && !asking_);
  suspend_.set_visible(!asking_ && powers_.contains(Power::kSuspend));
  restart_.set_visible(!asking_ && powers_.contains(Power::kRestart));
  shut_down_.set_visible(!asking_ && powers_.contains(Power::kShutDown));
  question_.set_visible(asking_);
  really_.set_visible(asking_);
  cancel_.set_visible(asking_);
}

void BottomBar::ask(Power power) {
  asking_ = true;
  asked_ = power;
  arrange();
  cancel_.grab_focus();
}

void BottomBar::do_it() {
  asking_ = false;
  arrange();
  actions_.power(asked_);
}

bool BottomBar::close_question() {
  if (!asking_) return false;
  asking_ = false;
  arrange();
  (asked_ == Power::kRestart ? restart_ : shut_down_).grab_focus();
  return true;
}

}  // namespace jpki::greeter
