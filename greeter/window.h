// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Window: the whole screen, over the primary monitor. There is no window manager below a greeter: size, place
// and focus are our own business.
#pragma once

#include "greeter/bars.h"
#include "greeter/panel.h"

#include <gtkmm/cssprovider.h>
#include <gtkmm/window.h>

namespace jpki::greeter {

class Window : public Gtk::Window {
 public:
  explicit Window(Actions& actions);

  void show_page(const Shown& shown, const Words& words, const std::string& holder);
  void offer(const std::set<Power>& powers) { bottom_.offer(powers); }
  Field& field() noexcept { return panel_.field(); }

 protected:
  bool on_key_press_event(GdkEventKey* event) override;
  bool on_map_event(GdkEventAny* event) override;
  void on_realize() override;

 private:
  void fit();
  bool move_focus_by_keypad(const GdkEventKey& event);

  Actions& actions_;
  Glib::RefPtr<Gtk::CssProvider> style_;
  Gtk::Box column_{Gtk::ORIENTATION_VERTICAL};
  TopBar top_;
  Panel panel_;
  BottomBar bottom_;
  std::optional<Shown> shown_{};
};

}  // namespace jpki::greeter
