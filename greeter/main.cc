// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpki-greeter: the login screen for lightdm, which starts it.
#include "base/program/wiped_heap.h"
#include "greeter/application.h"
#include "greeter/lightdm_manager.h"
#include "greeter/person.h"

#include <iostream>

namespace {

constexpr char kSettings[] = JPKI_SYSCONFDIR "/greeter.toml";

// A wrong file must not keep everybody out: what it says is not known, so nothing is offered beside the card.
jpki::greeter::Settings settings() {
  const auto read = jpki::greeter::read_settings(kSettings);
  if (read) return *read;
  std::clog << "jpki-greeter: " << read.error() << '\n';
  return {.password_button = false};
}

}  // namespace

int main(int argc, char** argv) {
  jpki::wipe_what_is_freed();
  jpki::greeter::keep_to_itself();
  jpki::greeter::LightdmManager manager;
  return jpki::greeter::run(argc, argv,
                            {manager, settings(), JPKI_LOCALEDIR, jpki::greeter::holder_of_account});
}
