// SPDX-License-Identifier: LGPL-2.1-or-later
#include "greeter/field.h"

#include "greeter/secret_buffer.h"

#include <memory>

#include <gdk/gdkkeysyms.h>

namespace jpki::greeter {
namespace {

constexpr gunichar kDot = 0x25CF;

// What the keys of the keypad mean without NumLock, by their digits.
constexpr guint kKeypad[] = {GDK_KEY_KP_Insert, GDK_KEY_KP_End,    GDK_KEY_KP_Down,  GDK_KEY_KP_Page_Down,
                             GDK_KEY_KP_Left,   GDK_KEY_KP_Begin,  GDK_KEY_KP_Right, GDK_KEY_KP_Home,
                             GDK_KEY_KP_Up,     GDK_KEY_KP_Page_Up};

}  // namespace

Field::Field() {
  const std::unique_ptr<GtkEntryBuffer, decltype(&::g_object_unref)> buffer(new_secret_buffer(),
                                                                            &::g_object_unref);
  if (!buffer) std::abort();
  ::gtk_entry_set_buffer(gobj(), buffer.get());
  set_invisible_char(kDot);
  set_input_hints(Gtk::INPUT_HINT_NO_SPELLCHECK | Gtk::INPUT_HINT_NO_EMOJI);
  set_alignment(0.5F);
  signal_popup_menu().connect([] { return true; }, false);
}

void Field::prepare(For purpose) {
  purpose_ = purpose;
  set_visibility(purpose == For::kShown);
  set_input_purpose(purpose == For::kDigits   ? Gtk::INPUT_PURPOSE_PIN
                    : purpose == For::kHidden ? Gtk::INPUT_PURPOSE_PASSWORD
                                              : Gtk::INPUT_PURPOSE_FREE_FORM);
}

void Field::wipe() {
  set_text("");
}

bool Field::is_empty() const {
  return get_text_length() == 0;
}

const char* Field::typed() const {
  return text_in(::gtk_entry_get_buffer(const_cast<GtkEntry*>(gobj())));
}

bool Field::on_key_press_event(GdkEventKey* event) {
  if (purpose_ == For::kDigits && (event->state & (GDK_CONTROL_MASK | GDK_MOD1_MASK)) == 0) {
    for (char digit = '0'; digit <= '9'; ++digit) {
      if (event->keyval != kKeypad[digit - '0']) continue;
      int end = get_text_length();
      ::gtk_editable_insert_text(GTK_EDITABLE(gobj()), &digit, 1, &end);
      set_position(-1);
      return true;
    }
  }
  return Gtk::Entry::on_key_press_event(event);
}

// No menu, by mouse or key, and nothing from the selection of another person's session.
bool Field::on_button_press_event(GdkEventButton* event) {
  return event->button != GDK_BUTTON_PRIMARY || Gtk::Entry::on_button_press_event(event);
}

}  // namespace jpki::greeter
