// SPDX-License-Identifier: LGPL-2.1-or-later
#include "greeter/application.h"

#include "greeter/controller.h"

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string_view>

#include <glib-unix.h>
#include <gtkmm/main.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace jpki::greeter {
namespace {

Language language_of_machine() {
  const char* const locale = std::setlocale(LC_MESSAGES, nullptr);
  return locale != nullptr && std::string_view(locale).starts_with("ja") ? Language::kJapanese
                                                                         : Language::kEnglish;
}

// Since this process began, by /proc/self/stat (proc(5), field 22); negative when it cannot be known.
long milliseconds_since_start() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  std::string_view fields(text);
  fields.remove_prefix(std::min(fields.size(), fields.rfind(')') + 1));
  for (int field = 2; field < 22; ++field)
    fields.remove_prefix(std::min(fields.size(), fields.find(' ') + 1));
  const long ticks = ::sysconf(_SC_CLK_TCK);
  timespec now{};
  if (fields.empty() || ticks <= 0 || ::clock_gettime(CLOCK_BOOTTIME, &now) != 0) return -1;
  const long began = std::strtol(fields.data(), nullptr, 10) * 1000 / ticks;
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000 - began;
}

void tell_first_picture() {
  std::clog << "jpki-greeter: first picture after " << milliseconds_since_start() << " ms" << std::endl;
}

gboolean on_signal(gpointer) {
  Gtk::Main::quit();
  return G_SOURCE_REMOVE;
}

}  // namespace

void keep_to_itself() {
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
  (void)::prctl(PR_SET_DUMPABLE, 0);
}

int run(int argc, char** argv, const Surroundings& around) {
  Gtk::Main toolkit(argc, argv);
  ::g_unix_signal_add(SIGTERM, on_signal, nullptr);
  ::g_unix_signal_add(SIGINT, on_signal, nullptr);
  Words words(around.locale_dir);
  words.speak(around.settings.language.value_or(language_of_machine()));
  Controller controller(around.manager, words, around.settings, around.holder_of);
  controller.start(tell_first_picture);
  Gtk::Main::run();
  return EXIT_SUCCESS;
}

}  // namespace jpki::greeter
