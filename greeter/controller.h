// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Controller: model, display manager and window together. What is typed goes from the field to the manager
// and nowhere else.
#pragma once

#include "greeter/model.h"
#include "greeter/settings.h"
#include "greeter/window.h"

#include <functional>

namespace jpki::greeter {

class Controller final : private Actions, private Manager::Listener {
 public:
  // `manager` and `words` must outlive the Controller; `holder_of` gives the name of an account's person.
  using HolderOf = std::function<std::string(const std::string&)>;
  Controller(Manager& manager, Words& words, const Settings& settings, HolderOf holder_of);
  ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  // Shows the window; the first attempt begins once it can be seen.
  void start(std::function<void()> first_picture);
  Window& window() noexcept { return window_; }

 private:
  void typed() override;
  void choose(std::size_t card) override;
  void last_try(bool use) override;
  void go_on() override;
  void begin_anew() override;
  void do_without_card() override;
  void other_language() override;
  void power(Power power) override;
  void key_pressed() override;
  void message(std::string_view text, bool error) override;
  void prompt(std::string_view text, bool hidden) override;
  void completed(bool authenticated) override;
  void session_failed() override;

  void connect();
  void carry_out(const Commands& commands);
  bool carry_out(const Command& command);
  void refresh();
  void wait();

  Manager& manager_;
  Words& words_;
  HolderOf holder_of_;
  Model model_;
  Window window_;
  std::string account_{};  // whose name is `holder_`
  std::string holder_{};
  sigc::connection timer_{};
  sigc::connection first_draw_{};
};

}  // namespace jpki::greeter
