// SPDX-License-Identifier: LGPL-2.1-or-later
#include "greeter/picture.h"

#include <numbers>

#include <glibmm/main.h>

namespace jpki::greeter {
namespace {

using Context = Cairo::RefPtr<Cairo::Context>;
using std::numbers::pi;

constexpr int kDots = 10;          // of the wheel that turns
constexpr int kTurnMs = 1000 / 8;  // few pictures a second: terminals draw in software

struct Colour {
  double red, green, blue;
};
constexpr Colour kInk{0.07, 0.19, 0.31};
constexpr Colour kReader{0.24, 0.28, 0.33};
constexpr Colour kCard{0.84, 0.91, 0.97};
constexpr Colour kArrow{0.76, 0.32, 0.0};
constexpr Colour kGreen{0.05, 0.42, 0.16};
constexpr Colour kRed{0.54, 0.0, 0.07};
constexpr Colour kYellow{1.0, 0.86, 0.35};
constexpr Colour kWhite{1, 1, 1};

void use(const Context& cairo, const Colour& colour) {
  cairo->set_source_rgb(colour.red, colour.green, colour.blue);
}

// All is drawn in a field of 200 by 100.
void rounded(const Context& cairo, double x, double y, double width, double height, double radius) {
  cairo->begin_new_sub_path();
  cairo->arc(x + width - radius, y + radius, radius, -pi / 2, 0);
  cairo->arc(x + width - radius, y + height - radius, radius, 0, pi / 2);
  cairo->arc(x + radius, y + height - radius, radius, pi / 2, pi);
  cairo->arc(x + radius, y + radius, radius, pi, 3 * pi / 2);
  cairo->close_path();
}

void fill_and_line(const Context& cairo, const Colour& fill, const Colour& line, double width) {
  use(cairo, fill);
  cairo->fill_preserve();
  use(cairo, line);
  cairo->set_line_width(width);
  cairo->stroke();
}

// Its photograph and lines of text, so that it is taken for a card.
void draw_card(const Context& cairo, double x, double y, double scale) {
  cairo->save();
  cairo->translate(x, y);
  cairo->scale(scale, scale);
  rounded(cairo, 0, 0, 60, 38, 4);
  fill_and_line(cairo, kCard, kInk, 2);
  use(cairo, kInk);
  cairo->arc(47, 15, 4.5, 0, 2 * pi);
  cairo->fill();
  cairo->arc(47, 30, 8, pi, 2 * pi);
  cairo->fill();
  for (const double line : {9.0, 16.0, 23.0}) cairo->rectangle(6, line, line == 23.0 ? 18 : 28, 2.4);
  cairo->fill();
  cairo->restore();
}

void draw_reader(const Context& cairo) {
  rounded(cairo, 30, 68, 140, 26, 7);
  fill_and_line(cairo, kReader, kInk, 2);
  use(cairo, kWhite);
  cairo->set_line_width(2.4);
  for (const double radius : {4.0, 9.0, 14.0}) {
    cairo->begin_new_sub_path();
    cairo->arc(134, 81, radius, -pi / 3.4, pi / 3.4);
    cairo->stroke();
  }
}

void draw_arrow(const Context& cairo) {
  use(cairo, kArrow);
  cairo->move_to(134, 8);
  cairo->line_to(150, 8);
  cairo->line_to(150, 36);
  cairo->line_to(163, 36);
  cairo->line_to(142, 60);
  cairo->line_to(121, 36);
  cairo->line_to(134, 36);
  cairo->close_path();
  cairo->fill();
}

// The card on its reader, seen from above.
void draw_lying_card(const Context& cairo) {
  rounded(cairo, 40, 8, 120, 84, 9);
  fill_and_line(cairo, kReader, kInk, 2);
  draw_card(cairo, 56, 22, 1.46);
}

void draw_wheel(const Context& cairo, int turn) {
  cairo->begin_new_sub_path();
  cairo->arc(100, 50, 33, 0, 2 * pi);
  cairo->set_source_rgba(1, 1, 1, 0.94);
  cairo->fill();
  for (int dot = 0; dot < kDots; ++dot) {
    const double angle = 2 * pi * (dot + turn) / kDots;
    cairo->set_source_rgba(kArrow.red, kArrow.green, kArrow.blue, (dot + 1.0) / kDots);
    cairo->arc(100 + 23 * std::cos(angle), 50 + 23 * std::sin(angle), 5.4, 0, 2 * pi);
    cairo->fill();
  }
}

void draw_person(const Context& cairo) {
  use(cairo, kInk);
  cairo->arc(100, 32, 21, 0, 2 * pi);
  cairo->fill();
  cairo->arc(100, 98, 40, pi, 2 * pi);
  cairo->fill();
}

void draw_warning(const Context& cairo) {
  cairo->set_line_join(Cairo::LINE_JOIN_ROUND);
  cairo->move_to(100, 9);
  cairo->line_to(151, 92);
  cairo->line_to(49, 92);
  cairo->close_path();
  fill_and_line(cairo, kYellow, kRed, 7);
  use(cairo, kRed);
  rounded(cairo, 95.5, 36, 9, 30, 4);
  cairo->fill();
  cairo->arc(100, 78, 5.6, 0, 2 * pi);
  cairo->fill();
}

void draw_disc(const Context& cairo, const Colour& colour) {
  use(cairo, colour);
  cairo->arc(100, 50, 42, 0, 2 * pi);
  cairo->fill();
  use(cairo, kWhite);
}

void draw_notice(const Context& cairo) {
  draw_disc(cairo, kInk);
  cairo->arc(100, 28, 6.4, 0, 2 * pi);
  cairo->fill();
  rounded(cairo, 95, 42, 10, 34, 4);
  cairo->fill();
}

void draw_done(const Context& cairo) {
  draw_disc(cairo, kGreen);
  cairo->set_line_width(11);
  cairo->set_line_cap(Cairo::LINE_CAP_ROUND);
  cairo->set_line_join(Cairo::LINE_JOIN_ROUND);
  cairo->move_to(80, 52);
  cairo->line_to(95, 67);
  cairo->line_to(121, 36);
  cairo->stroke();
}

}  // namespace

Picture::~Picture() {
  timer_.disconnect();
}

Picture::Motif Picture::motif_of(const Shown& shown) noexcept {
  switch (shown.page) {
    case Page::kInsertCard:
      return Motif::kPutCard;
    case Page::kStarting:
    case Page::kWorking:
      return Motif::kBusy;
    case Page::kPin:
      return Motif::kCardLies;
    case Page::kLastTry:
    case Page::kRefused:
    case Page::kEnded:
    case Page::kNoManager:
      return Motif::kWarning;
    case Page::kChoose:
      break;
    case Page::kQuestion:
    case Page::kCode:
    case Page::kName:
      return Motif::kPerson;
    case Page::kNotice:
      return Motif::kNotice;
    case Page::kWelcome:
      return Motif::kDone;
  }
  return Motif::kNone;
}

void Picture::show_motif(Motif motif) {
  if (motif == motif_) return;
  motif_ = motif;
  timer_.disconnect();
  if (motif == Motif::kBusy)
    timer_ = Glib::signal_timeout().connect(sigc::mem_fun(*this, &Picture::turn), kTurnMs);
  queue_draw();
}

bool Picture::turn() {
  turn_ = (turn_ + 1) % kDots;
  queue_draw();
  return true;
}

bool Picture::on_draw(const Context& cairo) {
  const double width = get_allocated_width();
  const double height = get_allocated_height();
  const double scale = std::min(width / 200, height / 100);
  cairo->translate((width - 200 * scale) / 2, (height - 100 * scale) / 2);
  cairo->scale(scale, scale);
  switch (motif_) {
    case Motif::kNone:
      break;
    case Motif::kPutCard:
      draw_reader(cairo);
      draw_card(cairo, 33, 6, 1.35);
      draw_arrow(cairo);
      break;
    case Motif::kCardLies:
      draw_lying_card(cairo);
      break;
    case Motif::kBusy:
      draw_lying_card(cairo);
      draw_wheel(cairo, turn_);
      break;
    case Motif::kPerson:
      draw_person(cairo);
      break;
    case Motif::kWarning:
      draw_warning(cairo);
      break;
    case Motif::kNotice:
      draw_notice(cairo);
      break;
    case Motif::kDone:
      draw_done(cairo);
      break;
  }
  return true;
}

}  // namespace jpki::greeter
