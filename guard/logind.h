// SPDX-License-Identifier: LGPL-2.1-or-later
//
// SessionManager by the D-Bus interface of systemd-logind (org.freedesktop.login1(5)), over sd-bus.
#pragma once

#include "base/protocol.h"
#include "guard/session_manager.h"

#include <functional>
#include <memory>
#include <set>
#include <string>

#include <systemd/sd-bus.h>

namespace jpki::guard {

class Logind final : public SessionManager {
 public:
  using Log = std::function<void(LogLevel, const std::string&)>;

  // Connects to the system's bus and asks to be told of changes.
  static Expected<std::unique_ptr<Logind>, std::string> connect(Log log);

  Logind(const Logind&) = delete;
  Logind& operator=(const Logind&) = delete;

  Expected<std::optional<SessionFacts>, std::string> facts(const std::string& session) override;
  void lock(const std::string& session) override;
  void terminate(const std::string& session) override;

  // For poll(2): descriptor, events, and the time at which process() is to be called without any
  // (CLOCK_MONOTONIC, microseconds; the largest number: never).
  int fd() const;
  short events() const;
  std::uint64_t timeout() const;

  // What has come; false: the bus is gone, and this object of no more use.
  bool process();
  // Since the last call: a session has begun, ended, been locked or unlocked, or logind is another one.
  bool take_changed() { return std::exchange(changed_, false); }
  // Those sessions whose screen was locked since the last call, be it for a moment that facts() cannot show
  // any more.
  std::set<std::string> take_locked() { return std::exchange(locked_, {}); }
  // Since the last call: logind is another one, or is gone.
  bool take_began_anew() { return std::exchange(began_anew_, false); }
  // Since the last call: the machine has woken up.
  bool take_resumed() { return std::exchange(resumed_, false); }

 private:
  explicit Logind(Log log) : log_(std::move(log)) {}
  Expected<Unit, std::string> subscribe();
  void call(const char* method, const std::string& session);

  static int on_new_owner(sd_bus_message* message, void* self, sd_bus_error* error);
  static int on_change(sd_bus_message* message, void* self, sd_bus_error* error);
  static int on_properties(sd_bus_message* message, void* self, sd_bus_error* error);
  static int on_sleep(sd_bus_message* message, void* self, sd_bus_error* error);
  static int on_answer(sd_bus_message* message, void* self, sd_bus_error* error);

  struct Close {
    void operator()(sd_bus* bus) const noexcept { ::sd_bus_flush_close_unref(bus); }
  };
  Log log_;
  std::unique_ptr<sd_bus, Close> bus_;
  bool changed_ = false;
  bool began_anew_ = false;
  bool resumed_ = false;
  std::set<std::string> locked_;
};

}  // namespace jpki::guard
