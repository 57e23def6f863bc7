// SPDX-License-Identifier: LGPL-2.1-or-later
#include "greeter/window.h"

#include "greeter/style.h"

#include <gdk/gdkkeysyms.h>
#include <gdkmm/cursor.h>
#include <gdkmm/display.h>
#include <gdkmm/monitor.h>
#include <gdkmm/screen.h>

namespace jpki::greeter {
namespace {

Gdk::Rectangle area_of_monitor() {
  Gdk::Rectangle area(0, 0, 1024, 768);
  const auto display = Gdk::Display::get_default();
  auto monitor = display->get_primary_monitor();
  if (!monitor) monitor = display->get_monitor(0);
  if (monitor) monitor->get_geometry(area);
  return area;
}

}  // namespace

Window::Window(Actions& actions)
    : actions_(actions), style_(Gtk::CssProvider::create()), panel_(actions), bottom_(actions) {
  set_decorated(false);
  get_style_context()->add_class("greeter");
  Gtk::StyleContext::add_provider_for_screen(get_screen(), style_, GTK_STYLE_PROVIDER_PRIORITY_USER);
  column_.pack_start(top_, Gtk::PACK_SHRINK);
  column_.pack_start(panel_, Gtk::PACK_EXPAND_WIDGET);
  column_.pack_start(bottom_, Gtk::PACK_SHRINK);
  add(column_);
  fit();
  column_.show_all();
  get_screen()->signal_monitors_changed().connect([this] { fit(); });
  get_screen()->signal_size_changed().connect([this] { fit(); });
}

void Window::fit() {
  const Gdk::Rectangle area = area_of_monitor();
  style_->load_from_data(style_sheet(area.get_height()));
  panel_.resize(area.get_width(), area.get_height());
  set_size_request(area.get_width(), area.get_height());
  resize(area.get_width(), area.get_height());
  move(area.get_x(), area.get_y());
}

void Window::on_realize() {
  Gtk::Window::on_realize();
  // Else it is the X server's cross.
  get_window()->set_cursor(Gdk::Cursor::create(get_display(), Gdk::LEFT_PTR));
}

bool Window::on_map_event(GdkEventAny* event) {
  const bool handled = Gtk::Window::on_map_event(event);
  get_window()->focus(GDK_CURRENT_TIME);
  set_focus_visible(true);  // whoever has only keys must see where they go
  return handled;
}

void Window::show_page(const Shown& shown, const Words& words, const std::string& holder) {
  const bool is_another_page = !shown_ || *shown_ != shown;
  set_title(words.heading(shown));  // which a screen reader says when it changes
  top_.speak(words);
  bottom_.speak(words, shown.offered);
  panel_.show_page(shown, words, holder);
  if (!is_another_page) return;  // the same in another language, say: what is typed stays
  shown_ = shown;
  (void)bottom_.close_question();
  field().wipe();
  panel_.focus(shown);
}

// "+" and "-" of the keypad go from button to button: it has no Tab. Where text is typed they are text.
bool Window::move_focus_by_keypad(const GdkEventKey& event) {
  if (event.keyval != GDK_KEY_KP_Add && event.keyval != GDK_KEY_KP_Subtract) return false;
  if (field().has_focus() && field().takes_signs()) return false;
  (void)child_focus(event.keyval == GDK_KEY_KP_Add ? Gtk::DIR_TAB_FORWARD : Gtk::DIR_TAB_BACKWARD);
  return true;
}

bool Window::on_key_press_event(GdkEventKey* event) {
  actions_.key_pressed();
  if (move_focus_by_keypad(*event)) return true;
  if (event->keyval != GDK_KEY_Escape) return Gtk::Window::on_key_press_event(event);
  if (!bottom_.close_question()) actions_.begin_anew();
  return true;
}

}  // namespace jpki::greeter
