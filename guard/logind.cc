// SPDX-License-Identifier: LGPL-2.1-or-later
#include "guard/logind.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace jpki::guard {
namespace {

constexpr char kService[] = "org.freedesktop.login1";
constexpr char kManagerPath[] = "/org/freedesktop/login1";
constexpr char kManager[] = "org.freedesktop.login1.Manager";
constexpr char kSessionPrefix[] = "/org/freedesktop/login1/session";
constexpr char kSession[] = "org.freedesktop.login1.Session";
// logind answers from memory. A lock is asked for without waiting: polkit may have to be started first.
constexpr std::chrono::microseconds kPatience = std::chrono::seconds(1);

constexpr char kPropertiesMatch[] =
    "type='signal',sender='org.freedesktop.login1',interface='org.freedesktop.DBus.Properties',"
    "member='PropertiesChanged',path_namespace='/org/freedesktop/login1/session'";
constexpr char kNewOwnerMatch[] =
    "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
    "member='NameOwnerChanged',arg0='org.freedesktop.login1'";

struct Error {
  sd_bus_error value = SD_BUS_ERROR_NULL;
  Error() = default;
  Error(const Error&) = delete;
  Error& operator=(const Error&) = delete;
  ~Error() { ::sd_bus_error_free(&value); }
};

struct Unref {
  void operator()(sd_bus_message* message) const noexcept { ::sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, Unref>;

struct Free {
  void operator()(char* text) const noexcept { std::free(text); }
};
using Text = std::unique_ptr<char, Free>;

bool is_graphical(std::string_view type) {
  return type == "x11" || type == "wayland" || type == "mir";
}

// What PropertiesChanged says of LockedHint: sa{sv}as.
bool says_locked(sd_bus_message* message) {
  const char* interface = nullptr;
  if (::sd_bus_message_read_basic(message, 's', &interface) < 0) return false;
  if (::sd_bus_message_enter_container(message, 'a', "{sv}") < 0) return false;
  while (::sd_bus_message_enter_container(message, 'e', "sv") > 0) {
    const char* name = nullptr;
    int locked = 0;
    if (::sd_bus_message_read_basic(message, 's', &name) < 0) return false;
    if (std::string_view(name) == "LockedHint")
      return ::sd_bus_message_read(message, "v", "b", &locked) >= 0 && locked != 0;
    if (::sd_bus_message_skip(message, "v") < 0 || ::sd_bus_message_exit_container(message) < 0) return false;
  }
  return false;
}

// The properties of one session; the first that cannot be read ends it.
class Properties {
 public:
  Properties(sd_bus* bus, const char* path) : bus_(bus), path_(path) {}

  void trivial(const char* name, char type, void* out) {
    if (rc_ < 0) return;
    rc_ = ::sd_bus_get_property_trivial(bus_, kService, path_, kSession, name, &error_.value, type, out);
  }
  std::string text(const char* name) {
    char* out = nullptr;
    if (rc_ >= 0)
      rc_ = ::sd_bus_get_property_string(bus_, kService, path_, kSession, name, &error_.value, &out);
    const Text owner(out);
    return rc_ < 0 || out == nullptr ? std::string() : std::string(out);
  }
  // The first member of the structure (uo).
  std::uint32_t user() {
    sd_bus_message* reply = nullptr;
    if (rc_ >= 0)
      rc_ = ::sd_bus_get_property(bus_, kService, path_, kSession, "User", &error_.value, &reply, "(uo)");
    const Message owner(reply);
    std::uint32_t user = 0;
    if (rc_ >= 0) rc_ = ::sd_bus_message_enter_container(reply, 'r', "uo");
    if (rc_ >= 0) rc_ = ::sd_bus_message_read_basic(reply, 'u', &user);
    return user;
  }

  bool good() const { return rc_ >= 0; }
  bool no_such_session() const {
    return ::sd_bus_error_has_name(&error_.value, SD_BUS_ERROR_UNKNOWN_OBJECT) != 0 ||
           ::sd_bus_error_has_name(&error_.value, "org.freedesktop.login1.NoSuchSession") != 0;
  }
  std::string problem() const {
    return std::string("logind: ") +
           (error_.value.message != nullptr ? error_.value.message : ::strerrordesc_np(-rc_));
  }

 private:
  sd_bus* bus_;
  const char* path_;
  Error error_;
  int rc_ = 0;
};

}  // namespace

Expected<std::unique_ptr<Logind>, std::string> Logind::connect(Log log) {
  std::unique_ptr<Logind> logind(new Logind(std::move(log)));
  sd_bus* bus = nullptr;
  if (const int rc = ::sd_bus_open_system(&bus); rc < 0)
    return Unexpected{std::string("the system's bus cannot be reached: ") + ::strerrordesc_np(-rc)};
  logind->bus_.reset(bus);
  ::sd_bus_set_method_call_timeout(bus, static_cast<std::uint64_t>(kPatience.count()));
  if (auto subscribed = logind->subscribe(); !subscribed) return Unexpected{subscribed.error()};
  return logind;
}

Expected<Unit, std::string> Logind::subscribe() {
  int rc = ::sd_bus_add_match(bus_.get(), nullptr, kPropertiesMatch, &on_properties, this);
  if (rc >= 0) rc = ::sd_bus_add_match(bus_.get(), nullptr, kNewOwnerMatch, &on_new_owner, this);
  for (const char* signal : {"SessionNew", "SessionRemoved"})
    if (rc >= 0)
      rc = ::sd_bus_match_signal(bus_.get(), nullptr, kService, kManagerPath, kManager, signal, &on_change,
                                 this);
  if (rc >= 0)
    rc = ::sd_bus_match_signal(bus_.get(), nullptr, kService, kManagerPath, kManager, "PrepareForSleep",
                               &on_sleep, this);
  if (rc >= 0) return Unit{};
  return Unexpected{std::string("logind's signals cannot be had: ") + ::strerrordesc_np(-rc)};
}

int Logind::on_change(sd_bus_message*, void* self, sd_bus_error*) {
  static_cast<Logind*>(self)->changed_ = true;
  return 0;
}

int Logind::on_new_owner(sd_bus_message*, void* self, sd_bus_error*) {
  auto& logind = *static_cast<Logind*>(self);
  logind.changed_ = logind.began_anew_ = true;
  return 0;
}

int Logind::on_properties(sd_bus_message* message, void* self, sd_bus_error*) {
  auto& logind = *static_cast<Logind*>(self);
  logind.changed_ = true;
  char* session = nullptr;
  const char* const path = ::sd_bus_message_get_path(message);
  const bool known = path != nullptr && ::sd_bus_path_decode(path, kSessionPrefix, &session) > 0;
  const Text owner(session);
  if (known && says_locked(message)) logind.locked_.emplace(session);
  return 0;
}

int Logind::on_sleep(sd_bus_message* message, void* self, sd_bus_error*) {
  int falls_asleep = 0;
  // What cannot be read may be a waking up.
  if (::sd_bus_message_read_basic(message, 'b', &falls_asleep) < 0 || falls_asleep == 0)
    static_cast<Logind*>(self)->resumed_ = true;
  return 0;
}

int Logind::on_answer(sd_bus_message* message, void* self, sd_bus_error*) {
  const sd_bus_error* const error = ::sd_bus_message_get_error(message);
  if (error != nullptr)
    static_cast<Logind*>(self)->log_(
        LogLevel::kError,
        std::string("logind refused: ") + (error->message != nullptr ? error->message : error->name));
  return 0;
}

Expected<std::optional<SessionFacts>, std::string> Logind::facts(const std::string& session) {
  char* encoded = nullptr;
  if (const int rc = ::sd_bus_path_encode(kSessionPrefix, session.c_str(), &encoded); rc < 0)
    return Unexpected{std::string(::strerrordesc_np(-rc))};
  const Text path(encoded);
  Properties properties(bus_.get(), path.get());
  SessionFacts facts;
  std::uint32_t leader = 0;
  int locked = 0;
  facts.user = properties.user();
  properties.trivial("Leader", 'u', &leader);
  properties.trivial("TimestampMonotonic", 't', &facts.since);
  properties.trivial("LockedHint", 'b', &locked);
  facts.graphical = is_graphical(properties.text("Type"));
  facts.terminal = properties.text("TTY");
  if (properties.no_such_session()) return std::optional<SessionFacts>();
  if (!properties.good()) return Unexpected{properties.problem()};
  facts.leader = static_cast<pid_t>(leader);
  facts.locked = locked != 0;
  return std::optional(std::move(facts));
}

void Logind::call(const char* method, const std::string& session) {
  const int rc = ::sd_bus_call_method_async(bus_.get(), nullptr, kService, kManagerPath, kManager, method,
                                            &on_answer, this, "s", session.c_str());
  if (rc < 0) log_(LogLevel::kError, std::string(method) + " cannot be asked for: " + ::strerrordesc_np(-rc));
}

void Logind::lock(const std::string& session) {
  call("LockSession", session);
}

void Logind::terminate(const std::string& session) {
  call("TerminateSession", session);
}

int Logind::fd() const {
  return ::sd_bus_get_fd(bus_.get());
}

short Logind::events() const {
  return static_cast<short>(::sd_bus_get_events(bus_.get()));
}

std::uint64_t Logind::timeout() const {
  std::uint64_t at = UINT64_MAX;
  return ::sd_bus_get_timeout(bus_.get(), &at) < 0 ? UINT64_MAX : at;
}

bool Logind::process() {
  int rc = 0;
  do {
    rc = ::sd_bus_process(bus_.get(), nullptr);
  } while (rc > 0);
  return rc == 0;
}

}  // namespace jpki::guard
