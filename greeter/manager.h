// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Manager: the display manager, as the greeter needs it. lightdm_manager.h is the real one; tests have
// another.
#pragma once

#include <string>
#include <string_view>

namespace jpki::greeter {

enum class Power { kSuspend, kRestart, kShutDown };

class Manager {
 public:
  // Is called from the main loop, never from within a call of the Manager.
  class Listener {
   public:
    virtual void message(std::string_view text, bool error) = 0;
    virtual void prompt(std::string_view text, bool hidden) = 0;
    virtual void completed(bool authenticated) = 0;
    virtual void session_failed() = 0;

   protected:
    ~Listener() = default;
  };

  virtual ~Manager() = default;

  // `listener` must outlive the Manager. False: there is nobody to talk to.
  virtual bool connect(Listener& listener) = 0;

  // An attempt for `name`, or for whomever the card names when it is empty; one that runs is given up. These
  // are false when the manager is gone.
  virtual bool authenticate(const std::string& name) = 0;
  // `text` may be a PIN: it is only read in this call.
  virtual bool respond(const char* text) = 0;
  virtual bool cancel() = 0;
  // Of whom was authenticated. On success the manager ends the greeter.
  virtual bool start_session() = 0;

  // May ask another service and wait for it.
  virtual bool can(Power power) = 0;
  virtual void request(Power power) = 0;
};

}  // namespace jpki::greeter
