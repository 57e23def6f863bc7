// SPDX-License-Identifier: LGPL-2.1-or-later
#include "greeter/controller.h"

#include <glibmm/main.h>

namespace jpki::greeter {

Controller::Controller(Manager& manager, Words& words, const Settings& settings, HolderOf holder_of)
    : manager_(manager),
      words_(words),
      holder_of_(std::move(holder_of)),
      model_(settings.without_card()),
      window_(*this) {}

Controller::~Controller() {
  timer_.disconnect();
  first_draw_.disconnect();
}

void Controller::start(std::function<void()> first_picture) {
  refresh();
  first_draw_ = window_.signal_draw().connect(
      [this, first_picture = std::move(first_picture)](const Cairo::RefPtr<Cairo::Context>&) {
        first_draw_.disconnect();
        first_picture();
        Glib::signal_idle().connect_once([this] { connect(); });
        return false;
      },
      true);
  window_.show();
}

void Controller::connect() {
  if (manager_.connect(*this)) {
    carry_out(model_.connected());
  } else {
    model_.not_connected();
    refresh();
  }
  // After the attempt has begun: it may take its time.
  std::set<Power> powers;
  for (const Power power : {Power::kSuspend, Power::kRestart, Power::kShutDown})
    if (manager_.can(power)) powers.insert(power);
  window_.offer(powers);
}

bool Controller::carry_out(const Command& command) {
  switch (command.kind) {
    case Command::Kind::kAuthenticate:
      return manager_.authenticate(command.text);
    case Command::Kind::kRespond:
      return manager_.respond(command.text.c_str());
    case Command::Kind::kRespondTyped:
      return manager_.respond(window_.field().typed());
    case Command::Kind::kCancel:
      return manager_.cancel();
    case Command::Kind::kStartSession:
      return manager_.start_session();
  }
  return false;
}

void Controller::carry_out(const Commands& commands) {
  for (const Command& command : commands) {
    if (carry_out(command)) continue;
    model_.not_connected();
    break;
  }
  refresh();
}

void Controller::refresh() {
  const Shown& shown = model_.shown();
  if (shown.account != account_) {
    account_ = shown.account;
    holder_ = account_.empty() ? std::string() : holder_of_(account_);
  }
  window_.show_page(shown, words_, holder_);
  wait();
}

void Controller::wait() {
  timer_.disconnect();
  const auto patience = model_.patience();
  if (!patience) return;
  timer_ = Glib::signal_timeout().connect_seconds(
      [this] {
        carry_out(model_.time_passed());
        return false;
      },
      static_cast<unsigned>(patience->count()));
}

void Controller::typed() {
  if (model_.shown().page == Page::kName)
    carry_out(model_.name_given(window_.field().typed()));
  else
    carry_out(model_.typed(window_.field().is_empty()));
}

void Controller::choose(std::size_t card) {
  carry_out(model_.choose(card));
}

void Controller::last_try(bool use) {
  carry_out(model_.last_try(use));
}

void Controller::go_on() {
  carry_out(model_.go_on());
}

void Controller::begin_anew() {
  carry_out(model_.begin_anew());
}

void Controller::do_without_card() {
  carry_out(model_.do_without_card());
}

void Controller::other_language() {
  words_.speak(words_.language() == Language::kJapanese ? Language::kEnglish : Language::kJapanese);
  refresh();
}

void Controller::power(Power power) {
  manager_.request(power);
}

void Controller::key_pressed() {
  wait();
}

void Controller::message(std::string_view text, bool error) {
  model_.message(text, error);
  refresh();
}

void Controller::prompt(std::string_view text, bool hidden) {
  model_.prompt(text, hidden);
  refresh();
}

void Controller::completed(bool authenticated) {
  carry_out(model_.completed(authenticated));
}

void Controller::session_failed() {
  model_.session_failed();
  refresh();
}

}  // namespace jpki::greeter
