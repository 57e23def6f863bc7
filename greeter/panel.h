// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Panel: the middle of the screen. One set of widgets, of which each page shows some; their texts are never
// markup.
#pragma once

#include "greeter/actions.h"
#include "greeter/field.h"
#include "greeter/picture.h"
#include "greeter/words.h"

#include <string>
#include <vector>

#include <gtkmm/box.h>
#include <gtkmm/button.h>
#include <gtkmm/label.h>
#include <gtkmm/scrolledwindow.h>

namespace jpki::greeter {

class Panel : public Gtk::ScrolledWindow {
 public:
  explicit Panel(Actions& actions);

  // `holder` is the name of the account's person; may be empty.
  void show_page(const Shown& shown, const Words& words, const std::string& holder);
  // For a monitor of that size.
  void resize(int width, int height);
  // Where the keys go on this page.
  void focus(const Shown& shown);

  Field& field() noexcept { return field_; }

 private:
  void show_person(const Shown& shown, const Words& words, const std::string& holder);
  void show_steps(const std::vector<std::string>& steps);
  void show_words(const Shown& shown, const Words& words);
  void show_cards(const Shown& shown);
  void show_field(const Shown& shown, const Words& words);
  void show_buttons(const Shown& shown, const Words& words);
  void describe(const Shown& shown, const Words& words);

  Actions& actions_;
  Gtk::Box column_{Gtk::ORIENTATION_VERTICAL};
  Picture picture_;
  Gtk::Label heading_, holder_, account_, hint_, cause_, code_, prompt_, marks_, tries_;
  Gtk::Box tries_row_{Gtk::ORIENTATION_HORIZONTAL};
  Gtk::Box steps_{Gtk::ORIENTATION_VERTICAL};
  Gtk::Box cards_{Gtk::ORIENTATION_VERTICAL};
  std::vector<std::string> shown_cards_;
  Field field_;
  Gtk::Box buttons_{Gtk::ORIENTATION_HORIZONTAL};
  Gtk::Button enter_, anew_, stop_, use_last_, go_on_;
};

// Shows the label with this text, or hides it when there is none.
void set_or_hide(Gtk::Label& label, const std::string& text);

// Names a widget for a screen reader.
void name_for_ear(Gtk::Widget& widget, const std::string& name);

}  // namespace jpki::greeter
