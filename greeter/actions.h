// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Actions: what a person can do on the screen, as the controller takes it from the view.
#pragma once

#include "greeter/manager.h"

namespace jpki::greeter {

class Actions {
 public:
  virtual void typed() = 0;  // Enter in the field
  virtual void choose(std::size_t card) = 0;
  virtual void last_try(bool use) = 0;
  virtual void go_on() = 0;
  virtual void begin_anew() = 0;
  virtual void do_without_card() = 0;
  virtual void other_language() = 0;
  virtual void power(Power power) = 0;
  virtual void key_pressed() = 0;  // any: somebody is there

 protected:
  ~Actions() = default;
};

}  // namespace jpki::greeter
