// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Field: where a PIN, a password, a name or an answer is typed. What it holds is in a buffer of our own
// (secret_buffer.h), has no way to the clipboard while it is hidden, and is wiped.
#pragma once

#include <gtkmm/entry.h>

namespace jpki::greeter {

class Field : public Gtk::Entry {
 public:
  enum class For {
    kDigits,  // hidden; the numeric keypad types digits, whether or not NumLock is on
    kHidden,
    kShown,
  };

  Field();

  void prepare(For purpose);
  void wipe();
  bool is_empty() const;
  // Valid until something is typed.
  const char* typed() const;
  // Whether a "+" of the keypad is meant for the field.
  bool takes_signs() const noexcept { return purpose_ != For::kDigits; }

 protected:
  bool on_key_press_event(GdkEventKey* event) override;
  bool on_button_press_event(GdkEventButton* event) override;

 private:
  For purpose_ = For::kHidden;
};

}  // namespace jpki::greeter
