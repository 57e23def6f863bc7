// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/local_registry.h"

#include "base/atomic_file.h"
#include "base/directory_lock.h"
#include "base/mapping/mapping_text.h"
#include "jpkictl/card/map_text.h"
#include "jpkictl/interruption.h"
#include "jpkictl/words.h"
#include "validator/map/whole_map.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jpki::ctl::card {
namespace {

constexpr mode_t kMode = 0640;
constexpr std::chrono::seconds kPatience{5};

std::vector<std::string> canonical(std::span<const std::string> mappings) {
  std::vector<std::string> all;
  for (const std::string& mapping : mappings)
    if (auto one = mapping::canonical_mapping(mapping)) all.push_back(std::move(*one));
  return all;
}

template <class Matches>
std::vector<Held> held_in(const std::string& path, const std::string& text, Matches matches) {
  std::vector<Held> held;
  for (map::Binding& binding : map::parse_map(text).bindings)
    if (matches(binding))
      held.push_back({std::move(binding.account), std::move(binding.mapping),
                      path + ':' + std::to_string(number_of_line(text, binding.offset))});
  return held;
}

template <class Matches>
std::vector<std::size_t> lines_of(const std::string& text, Matches matches) {
  std::vector<std::size_t> offsets;
  for (const map::Binding& binding : map::parse_map(text).bindings)
    if (matches(binding)) offsets.push_back(binding.offset);
  return offsets;
}

Expected<Unit, Trouble> check_word(const std::string& account) {
  if (is_account_word(account)) return Unit{};
  return Unexpected{
      refused(say(N_("\"{account}\" cannot be the name of an account"), {{"{account}", account}}))};
}

// The account's own name; empty when there is no such account, and when that name is another account's too.
std::string canonical_name(const std::string& spelling) {
  const passwd* entry = ::getpwnam(spelling.c_str());
  if (entry == nullptr) return {};
  const std::string own_name = entry->pw_name;
  const uid_t uid = entry->pw_uid;
  entry = own_name == spelling ? entry : ::getpwnam(own_name.c_str());
  return entry != nullptr && entry->pw_uid == uid ? own_name : std::string();
}

auto is_one_of(const std::vector<std::string>& mappings) {
  return
      [&mappings](const map::Binding& b) { return std::ranges::find(mappings, b.mapping) != mappings.end(); };
}

}  // namespace

Expected<Unit, Trouble> LocalRegistry::knows(const std::string& account) {
  if (auto word = check_word(account); !word) return word;
  // Logins compare with the account's own name; a directory finds it in another case as well.
  const std::string own_name = canonical_name(account);
  if (own_name == account) return Unit{};
  if (!own_name.empty())
    return Unexpected{refused(
        say(N_("this account is spelled {account}; give its name like that"), {{"{account}", own_name}}))};
  return Unexpected{
      refused(say(N_("this computer knows no account {account}; if other computers do, add --any-account"),
                  {{"{account}", account}}))};
}

Expected<std::string, Trouble> LocalRegistry::text() const {
  const auto content = read_trusted_file(path_, map::map_trust(owner_));
  if (content) return std::string(as_text(*content));
  if (content.error().reason == FileError::Reason::kMissing) return std::string();
  return Unexpected{could_not(content.error().text)};
}

Expected<std::vector<Held>, Trouble> LocalRegistry::of_account(const std::string& account) {
  const auto now = text();
  if (!now) return Unexpected{now.error()};
  return held_in(path_, *now, [&](const map::Binding& b) { return account.empty() || b.account == account; });
}

Expected<std::vector<Held>, Trouble> LocalRegistry::holders_of(std::span<const std::string> mappings) {
  const auto now = text();
  if (!now) return Unexpected{now.error()};
  const auto wanted = canonical(mappings);
  return held_in(path_, *now, is_one_of(wanted));
}

Expected<Change, Trouble> LocalRegistry::add(const Claim& claim) {
  if (auto word = check_word(claim.account); !word) return Unexpected{word.error()};
  Change done = Change::kDone;
  const auto wanted = canonical(claim.mappings);
  const auto edited = change([&](std::string& text) -> Expected<Unit, Trouble> {
    for (const Held& held : held_in(path_, text, is_one_of(wanted))) {
      if (held.account != claim.account) return Unexpected{bound_to_other(held)};
      done = Change::kNothingToDo;
    }
    if (done == Change::kDone) text = with_line(text, claim.account, claim.mappings.front());
    return Unit{};
  });
  if (!edited) return Unexpected{edited.error()};
  return done;
}

Expected<Change, Trouble> LocalRegistry::remove(const Held& binding) {
  bool found = false;
  const auto edited = change([&](std::string& text) -> Expected<Unit, Trouble> {
    const auto lines = lines_of(text, [&](const map::Binding& b) {
      return b.account == binding.account && b.mapping == binding.mapping;
    });
    found = !lines.empty();
    text = without_lines(text, lines);
    return Unit{};
  });
  if (!edited) return Unexpected{edited.error()};
  return found ? Change::kDone : Change::kNothingToDo;
}

Expected<std::size_t, Trouble> LocalRegistry::move(const std::string& from, const std::string& to) {
  if (auto word = check_word(to); !word) return Unexpected{word.error()};
  std::size_t moved = 0;
  const auto edited = change([&](std::string& text) -> Expected<Unit, Trouble> {
    const auto lines = lines_of(text, [&](const map::Binding& b) { return b.account == from; });
    moved = lines.size();
    text = with_account(text, lines, to);
    return Unit{};
  });
  if (!edited) return Unexpected{edited.error()};
  return moved;
}

Expected<std::vector<std::string>, Trouble> LocalRegistry::malformed() {
  std::vector<std::string> wrong;
  const auto map = map::load_map(path_, owner_);
  for (const std::string& complaint : map ? map->complaints : std::vector<std::string>())
    wrong.push_back(path_ + complaint);
  return wrong;
}

Expected<Unit, Trouble> LocalRegistry::change(
    const std::function<Expected<Unit, Trouble>(std::string& text)>& edit) {
  const std::string directory = directory_of(path_);
  const auto lock = lock_directory(directory, kPatience);
  if (!lock && lock.error() == EWOULDBLOCK)
    return Unexpected{
        could_not(say(N_("{directory}: another program is changing it; try again when it has finished"),
                      {{"{directory}", directory}}))};
  if (!lock) return Unexpected{could_not(directory + ": " + std::strerror(lock.error()))};
  const auto before = text();
  if (!before) return Unexpected{before.error()};
  std::string after = *before;
  if (auto edited = edit(after); !edited) return edited;
  return after == *before ? Expected<Unit, Trouble>(Unit{}) : write(after);
}

Expected<Unit, Trouble> LocalRegistry::write(const std::string& text) const {
  const auto fail = [](const std::string& why) { return Unexpected{could_not(why)}; };
  if (text.size() > map::kMapLimit)
    return fail(say(N_("{file} would be larger than a login reads"), {{"{file}", path_}}));
  struct stat was {};
  const bool exists = ::stat(path_.c_str(), &was) == 0;
  const HeldSignals whole;  // nothing is left behind by Ctrl-C
  auto file = AtomicFile::create(path_, exists ? was.st_mode & 07777 : kMode);
  if (!file) return fail(file.error());
  if (::fchown(file->fd().get(), exists ? was.st_uid : owner_, exists ? was.st_gid : group_) != 0)
    return fail(path_ + ": " + std::strerror(errno));
  if (auto written = file->write(as_bytes(text), 0); !written) return fail(written.error());
  if (auto committed = file->commit(); !committed) return fail(committed.error());
  return Unit{};
}

}  // namespace jpki::ctl::card
