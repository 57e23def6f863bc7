// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The two bars: where one is (above), and what can be done beside logging in (below).
#pragma once

#include "greeter/actions.h"
#include "greeter/words.h"

#include <set>

#include <gtkmm/box.h>
#include <gtkmm/button.h>
#include <gtkmm/label.h>

namespace jpki::greeter {

class TopBar : public Gtk::Box {
 public:
  TopBar();
  ~TopBar() override;
  void speak(const Words& words);

 private:
  bool tell_time();

  Gtk::Label title_, computer_, time_;
  sigc::connection timer_{};
};

class BottomBar : public Gtk::Box {
 public:
  explicit BottomBar(Actions& actions);
  void offer(const std::set<Power>& powers);
  void speak(const Words& words, WithoutCard offered);
  // What Escape means while a question is open; false: none is.
  bool close_question();

 private:
  void ask(Power power);
  void arrange();
  void do_it();

  Actions& actions_;
  std::set<Power> powers_{};
  bool asking_ = false;
  Power asked_ = Power::kShutDown;
  WithoutCard offered_ = WithoutCard::kNot;
  bool has_languages_ = false;
  Gtk::Button without_card_, language_, suspend_, restart_, shut_down_, really_, cancel_;
  Gtk::Label question_;
  std::string questions_[2];
  std::string answers_[2];
};

}  // namespace jpki::greeter
