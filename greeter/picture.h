// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Picture: what to do, or what happens, as a drawing for people who do not read a screen.
#pragma once

#include "greeter/model.h"

#include <gtkmm/drawingarea.h>
#include <sigc++/connection.h>

namespace jpki::greeter {

class Picture : public Gtk::DrawingArea {
 public:
  ~Picture() override;

  enum class Motif { kNone, kPutCard, kCardLies, kBusy, kPerson, kWarning, kNotice, kDone };
  void show_motif(Motif motif);
  static Motif motif_of(const Shown& shown) noexcept;

 protected:
  bool on_draw(const Cairo::RefPtr<Cairo::Context>& cairo) override;

 private:
  bool turn();

  Motif motif_ = Motif::kNone;
  int turn_ = 0;
  sigc::connection timer_{};
};

}  // namespace jpki::greeter
