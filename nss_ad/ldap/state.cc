// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/state.h"

#include "base/atomic_file.h"
#include "base/wire.h"

#include <algorithm>
#include <concepts>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace jpki::ad::ldap {
namespace {

constexpr std::string_view kMagic = "JPKIADST";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kChecksumSize = 8;

class Writer {
 public:
  template <std::unsigned_integral T>
  void number(T value) {
    std::array<std::uint8_t, sizeof(T)> octets;
    WireWriter(octets).number(value);
    raw(octets);
  }
  void signed_number(std::int64_t value) { number(static_cast<std::uint64_t>(value)); }
  void raw(Bytes bytes) { append_bytes(out_, bytes); }
  void bytes(Bytes value) {
    number(static_cast<std::uint32_t>(value.size()));
    raw(value);
  }
  void text(std::string_view value) { bytes(as_bytes(value)); }
  void optional(const std::optional<std::uint32_t>& value) {
    number(static_cast<std::uint8_t>(value.has_value()));
    number(value.value_or(0));
  }
  template <class List, class Put>
  void list(const List& items, Put put) {
    number(static_cast<std::uint32_t>(items.size()));
    for (const auto& item : items) put(item);
  }
  Bytes written() const { return out_; }
  Blob take() { return std::move(out_); }

 private:
  Blob out_;
};

// Byte strings carry a u32 length here: a directory's cookie may be longer than a message between processes.
class Reader : public WireReader {
 public:
  using WireReader::WireReader;

  std::int64_t signed_number() { return static_cast<std::int64_t>(number<std::uint64_t>()); }
  Blob blob() { return to_blob(raw(number<std::uint32_t>())); }
  std::string text() { return std::string(as_text(raw(number<std::uint32_t>()))); }
  std::optional<std::uint32_t> optional_number() {
    const bool present = number<std::uint8_t>() == 1;
    const auto value = number<std::uint32_t>();
    return present ? std::optional(value) : std::nullopt;
  }
  Sid sid() {
    auto decoded = Sid::decode(blob());
    if (!decoded) fail();
    return decoded ? std::move(*decoded) : Sid{};
  }
  // Calls `get` for each item; a hostile count ends with the bytes.
  template <class Get>
  void list(Get get) {
    for (auto count = number<std::uint32_t>(); count > 0 && good(); --count) get();
  }
};

void put(Writer& out, const std::vector<std::string>& texts) {
  out.list(texts, [&](const std::string& text) { out.text(text); });
}

std::vector<std::string> get_texts(Reader& in) {
  std::vector<std::string> texts;
  in.list([&] { texts.push_back(in.text()); });
  return texts;
}

void put(Writer& out, const AccountState& state) {
  out.number(state.user_account_control);
  out.signed_number(state.account_expires);
  out.signed_number(state.lockout_time);
  out.signed_number(state.pwd_last_set);
  out.number(static_cast<std::uint8_t>(state.logon_hours.has_value()));
  if (state.logon_hours) out.raw(*state.logon_hours);
  put(out, state.workstations);
}

AccountState get_account_state(Reader& in) {
  AccountState state;
  state.user_account_control = in.number<std::uint32_t>();
  state.account_expires = in.signed_number();
  state.lockout_time = in.signed_number();
  state.pwd_last_set = in.signed_number();
  if (in.number<std::uint8_t>() == 1) state.logon_hours = in.array<std::tuple_size_v<LogonHours>>();
  state.workstations = get_texts(in);
  return state;
}

void put(Writer& out, const User& user) {
  out.raw(user.guid);
  out.bytes(user.sid.encode());
  for (const auto* text :
       {&user.dn, &user.name, &user.principal_name, &user.display_name, &user.unix_home, &user.login_shell})
    out.text(*text);
  out.number(user.primary_group);
  out.optional(user.uid_number);
  out.optional(user.gid_number);
  put(out, user.state);
  put(out, user.alt_security_identities);
}

User get_user(Reader& in) {
  User user;
  user.guid = in.array<std::tuple_size_v<Guid>>();
  user.sid = in.sid();
  for (auto* text :
       {&user.dn, &user.name, &user.principal_name, &user.display_name, &user.unix_home, &user.login_shell})
    *text = in.text();
  user.primary_group = in.number<std::uint32_t>();
  user.uid_number = in.optional_number();
  user.gid_number = in.optional_number();
  user.state = get_account_state(in);
  user.alt_security_identities = get_texts(in);
  return user;
}

void put(Writer& out, const Group& group) {
  out.raw(group.guid);
  out.bytes(group.sid.encode());
  out.text(group.dn);
  out.text(group.name);
  out.optional(group.gid_number);
  put(out, group.members);
}

Group get_group(Reader& in) {
  Group group;
  group.guid = in.array<std::tuple_size_v<Guid>>();
  group.sid = in.sid();
  group.dn = in.text();
  group.name = in.text();
  group.gid_number = in.optional_number();
  group.members = get_texts(in);
  return group;
}

void put(Writer& out, const State& state) {
  out.text(state.scope);
  out.text(state.point.controller);
  out.bytes(state.point.invocation_id);
  out.number(state.point.usn);
  out.bytes(state.point.cookie);
  out.signed_number(state.last_full.time_since_epoch().count());
  out.signed_number(state.last_read.time_since_epoch().count());
  out.text(state.directory.realm);
  out.text(state.directory.netbios);
  out.bytes(state.directory.domain_sid.encode());
  out.list(state.directory.users, [&](const User& user) { put(out, user); });
  out.list(state.directory.groups, [&](const Group& group) { put(out, group); });
  out.list(state.malformed, [&](const auto& item) {
    out.raw(item.first);
    out.text(item.second);
  });
}

State get_state(Reader& in) {
  State state;
  state.scope = in.text();
  state.point.controller = in.text();
  state.point.invocation_id = in.blob();
  state.point.usn = in.number<std::uint64_t>();
  state.point.cookie = in.blob();
  state.last_full = Time(std::chrono::seconds(in.signed_number()));
  state.last_read = Time(std::chrono::seconds(in.signed_number()));
  state.directory.realm = in.text();
  state.directory.netbios = in.text();
  state.directory.domain_sid = in.sid();
  in.list([&] { state.directory.users.push_back(get_user(in)); });
  in.list([&] { state.directory.groups.push_back(get_group(in)); });
  in.list([&] {
    const auto guid = in.array<std::tuple_size_v<Guid>>();
    state.malformed[guid] = in.text();
  });
  return state;
}

std::uint64_t checksum_of(Bytes bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace

bool State::operator==(const State& other) const {
  return encode(*this) == encode(other);
}

Blob encode(const State& state) {
  Writer out;
  out.raw(as_bytes(kMagic));
  out.number(kVersion);
  put(out, state);
  out.number(checksum_of(out.written()));
  return out.take();
}

Expected<State, std::string> decode_state(Bytes bytes) {
  if (bytes.size() < kMagic.size() + sizeof(kVersion) + kChecksumSize)
    return Unexpected{std::string("too short")};
  const Bytes body = bytes.first(bytes.size() - kChecksumSize);
  if (Reader(bytes.last(kChecksumSize)).number<std::uint64_t>() != checksum_of(body))
    return Unexpected{std::string("damaged: wrong checksum")};
  Reader in(body);
  if (as_text(in.raw(kMagic.size())) != kMagic)
    return Unexpected{std::string("not a state file of nss-ad-refresh")};
  if (in.number<std::uint32_t>() != kVersion) return Unexpected{std::string("written by another version")};
  State state = get_state(in);
  if (!in.complete()) return Unexpected{std::string("damaged: fields end early or late")};
  return state;
}

Expected<std::optional<State>, std::string> load_state(const std::string& path, const FileTrust& trust) {
  const auto bytes = read_trusted_file(path, trust);
  if (!bytes && bytes.error().reason == FileError::Reason::kMissing) return std::optional<State>();
  if (!bytes) return Unexpected{bytes.error().text};
  auto state = decode_state(*bytes);
  if (!state) return Unexpected{path + ": " + state.error()};
  return std::optional(std::move(*state));
}

Expected<Unit, std::string> save_state(const std::string& path, const State& state) {
  auto file = AtomicFile::create(path, 0600);
  if (!file) return Unexpected{file.error()};
  if (auto written = file->write(encode(state), 0); !written) return written;
  return file->commit();
}

}  // namespace jpki::ad::ldap
