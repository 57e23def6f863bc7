// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The greeter's real screen with a display manager that says what it reads, one thing a line:
//
//   message TEXT | error TEXT | prompt TEXT | visible TEXT | complete yes|no | session-fails
//
// "\n" in TEXT is a line feed. What it is asked for is written to standard output, one thing a line; answers
// are shown, for nobody's PIN is typed here. Arguments: locale directory, language, how people log in without
// a card ("password", "code", "password-or-code", "not"), and "tell" or "keep" for answers.
#include "base/program/wiped_heap.h"
#include "greeter/application.h"

#include <cstdlib>
#include <iostream>

#include <glib-unix.h>

namespace {

using namespace jpki::greeter;

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size();
    out.push_back(!escape ? text[i] : text[i + 1] == 'n' ? '\n' : text[i + 1]);
    if (escape) ++i;
  }
  return out;
}

class Stage final : public Manager {
 public:
  explicit Stage(bool tells) : tells_(tells) {}
  bool connect(Listener& listener) override {
    listener_ = &listener;
    ::g_unix_fd_add(0, GIOCondition(G_IO_IN | G_IO_HUP), &Stage::on_line, this);
    return tell("connect");
  }
  bool authenticate(const std::string& name) override { return tell("authenticate " + name); }
  bool respond(const char* text) override {
    return tell(tells_ ? std::string("respond ") + text : "respond");
  }
  bool cancel() override { return tell("cancel"); }
  bool start_session() override { return tell("start-session"); }
  bool can(Power power) override { return power != Power::kSuspend; }
  void request(Power power) override { (void)tell(power == Power::kRestart ? "restart" : "shut-down"); }

 private:
  static bool tell(const std::string& what) {
    std::cout << what << std::endl;
    return true;
  }

  static gboolean on_line(gint, GIOCondition, gpointer self) {
    std::string line;
    if (!std::getline(std::cin, line)) std::exit(EXIT_SUCCESS);
    static_cast<Stage*>(self)->play(line);
    while (std::cin.rdbuf()->in_avail() > 0 && std::getline(std::cin, line))
      static_cast<Stage*>(self)->play(line);
    return G_SOURCE_CONTINUE;
  }

  void play(const std::string& line) {
    const auto space = line.find(' ');
    const std::string what = line.substr(0, space);
    const std::string text = space == line.npos ? "" : unescaped(std::string_view(line).substr(space + 1));
    if (what == "message") listener_->message(text, false);
    if (what == "error") listener_->message(text, true);
    if (what == "prompt") listener_->prompt(text, true);
    if (what == "visible") listener_->prompt(text, false);
    if (what == "complete") listener_->completed(text == "yes");
    if (what == "session-fails") listener_->session_failed();
    tell("played");
  }

  bool tells_;
  Listener* listener_ = nullptr;
};

std::string holder_of(const std::string& account) {
  return account == "sato" ? "佐藤 花子" : "";
}

}  // namespace

int main(int argc, char** argv) {
  jpki::wipe_what_is_freed();
  if (argc != 5) return EXIT_FAILURE;
  std::ios::sync_with_stdio(false);
  Stage stage(std::string_view(argv[4]) == "tell");
  const bool japanese = std::string_view(argv[2]) == "ja";
  const std::string_view ways = argv[3];
  const Settings settings{.password_button = ways.starts_with("password"),
                          .code_button = ways.ends_with("code"),
                          .language = japanese ? Language::kJapanese : Language::kEnglish};
  int none = 1;
  return run(none, argv, {stage, settings, argv[1], holder_of});
}
