// SPDX-License-Identifier: LGPL-2.1-or-later
#include "greeter/lightdm_manager.h"

#include "greeter/direct_channel.h"

#include <cstdlib>
#include <iostream>

#include <lightdm.h>

namespace jpki::greeter {
namespace {

// Takes over an error of a call of lightdm's library; tells it in the greeter's log.
bool done(gboolean succeeded, GError* error, const char* what) {
  const std::unique_ptr<GError, decltype(&::g_error_free)> owned(error, &::g_error_free);
  if (succeeded) return true;
  std::clog << "jpki-greeter: " << what << ": " << (error != nullptr ? error->message : "failed") << '\n';
  return false;
}

Manager::Listener& listener_of(gpointer data) {
  return *static_cast<Manager::Listener*>(data);
}

std::string_view text_of(const gchar* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

void on_message(LightDMGreeter*, const gchar* text, LightDMMessageType type, gpointer data) {
  listener_of(data).message(text_of(text), type == LIGHTDM_MESSAGE_TYPE_ERROR);
}

void on_prompt(LightDMGreeter*, const gchar* text, LightDMPromptType type, gpointer data) {
  listener_of(data).prompt(text_of(text), type == LIGHTDM_PROMPT_TYPE_SECRET);
}

void on_complete(LightDMGreeter* greeter, gpointer data) {
  listener_of(data).completed(::lightdm_greeter_get_is_authenticated(greeter) != FALSE);
}

void on_session(GObject* greeter, GAsyncResult* result, gpointer data) {
  GError* error = nullptr;
  const gboolean started = ::lightdm_greeter_start_session_finish(LIGHTDM_GREETER(greeter), result, &error);
  if (!done(started, error, "the session did not start")) listener_of(data).session_failed();
}

constexpr char kListener[] = "jpki-listener";

}  // namespace

void LightdmManager::Unref::operator()(LightDMGreeter* greeter) const noexcept {
  ::g_object_unref(greeter);
}

LightdmManager::LightdmManager() : greeter_(::lightdm_greeter_new()) {}

LightdmManager::~LightdmManager() = default;

bool LightdmManager::connect(Listener& listener) {
  LightDMGreeter* const greeter = greeter_.get();
  ::g_object_set_data(G_OBJECT(greeter), kListener, &listener);
  ::g_signal_connect(greeter, LIGHTDM_GREETER_SIGNAL_SHOW_MESSAGE, G_CALLBACK(on_message), &listener);
  ::g_signal_connect(greeter, LIGHTDM_GREETER_SIGNAL_SHOW_PROMPT, G_CALLBACK(on_prompt), &listener);
  ::g_signal_connect(greeter, LIGHTDM_GREETER_SIGNAL_AUTHENTICATION_COMPLETE, G_CALLBACK(on_complete),
                     &listener);
  GError* error = nullptr;
  if (!done(::lightdm_greeter_connect_to_daemon_sync(greeter, &error), error, "no display manager"))
    return false;
  if (const char* const descriptor = std::getenv("LIGHTDM_TO_SERVER_FD"))
    write_directly(std::atoi(descriptor));
  return true;
}

bool LightdmManager::authenticate(const std::string& name) {
  GError* error = nullptr;
  const char* const user = name.empty() ? nullptr : name.c_str();
  return done(::lightdm_greeter_authenticate(greeter_.get(), user, &error), error, "no attempt begins");
}

bool LightdmManager::respond(const char* text) {
  GError* error = nullptr;
  const bool taken =
      done(::lightdm_greeter_respond(greeter_.get(), text, &error), error, "the answer is not taken");
  wipe_stack();
  return taken;
}

bool LightdmManager::cancel() {
  GError* error = nullptr;
  return done(::lightdm_greeter_cancel_authentication(greeter_.get(), &error), error,
              "the attempt is not given up");
}

bool LightdmManager::start_session() {
  // The session that the person had last, else the machine's own.
  ::lightdm_greeter_start_session(greeter_.get(), nullptr, nullptr, on_session,
                                  ::g_object_get_data(G_OBJECT(greeter_.get()), kListener));
  return true;
}

bool LightdmManager::can(Power power) {
  switch (power) {
    case Power::kSuspend:
      return ::lightdm_get_can_suspend() != FALSE;
    case Power::kRestart:
      return ::lightdm_get_can_restart() != FALSE;
    case Power::kShutDown:
      return ::lightdm_get_can_shutdown() != FALSE;
  }
  return false;
}

void LightdmManager::request(Power power) {
  GError* error = nullptr;
  switch (power) {
    case Power::kSuspend:
      (void)done(::lightdm_suspend(&error), error, "suspend");
      break;
    case Power::kRestart:
      (void)done(::lightdm_restart(&error), error, "restart");
      break;
    case Power::kShutDown:
      (void)done(::lightdm_shutdown(&error), error, "shut down");
      break;
  }
}

}  // namespace jpki::greeter
