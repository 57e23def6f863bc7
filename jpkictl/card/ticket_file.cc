// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/ticket_file.h"

#include "base/number.h"
#include "jpkictl/words.h"

#include <filesystem>

#include <sys/stat.h>

namespace jpki::ctl::card {
namespace {

constexpr std::string_view kFileType = "FILE:";
constexpr std::string_view kDefault = "/tmp/krb5cc_";  // krb5.conf(5), default_ccache_name

uid_t uid_from(std::string_view digits) {
  return whole_number<uid_t>(digits).value_or(0);
}

// Root, when it is neither of them: then the file is refused where it is opened.
uid_t owner_of(const std::string& path, uid_t person, bool anybody) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return person;
  return anybody || info.st_uid == person ? info.st_uid : 0;
}

}  // namespace

Expected<TicketFile, Trouble> ticket_file(const TicketHints& hints) {
  const uid_t person = uid_from(hints.sudo_uid);
  const std::string by_default = std::string(kDefault) + std::to_string(person);
  std::string_view name = !hints.option.empty() ? hints.option : hints.ccname;
  if (name.empty()) name = by_default;
  if (name.starts_with(kFileType)) name.remove_prefix(kFileType.size());
  // "TYPE:rest"; a path may hold a colon.
  if (const auto colon = name.find(':'); colon != std::string_view::npos && name.find('/') > colon)
    return Unexpected{could_not(say(
        N_("{name}: only a ticket in a file can be used; run kinit -c FILE, and name it with --ccache FILE"),
        {{"{name}", name}}))};
  std::error_code failed;
  const auto path = std::filesystem::absolute(name, failed);
  if (failed) return Unexpected{could_not(std::string(name) + ": " + failed.message())};
  return TicketFile{path.string(), owner_of(path.string(), person, !hints.option.empty())};
}

}  // namespace jpki::ctl::card
