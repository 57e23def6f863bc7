// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl idmap explain NAME|SID, jpkictl idmap audit PATH
#include "jpkictl/json.h"
#include "jpkictl/program.h"
#include "jpkictl/text.h"
#include "nss_ad/config/ad_config.h"
#include "nss_ad/idmap/id_map.h"
#include "nss_ad/resolve/local_accounts.h"
#include "nss_ad/snapshot/reader.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <sys/stat.h>

namespace jpki::ctl {
namespace {

namespace idmap = ad::idmap;
using ad::snapshot::Look;

struct Arguments {
  std::string what;
  std::string config = ad::config::kDefaultConfigFile;
  std::string snapshots = JPKI_STATEDIR "/ad";
};

struct Object {
  ad::Sid sid;
  std::optional<std::uint32_t> id;  // in the snapshot
};

std::optional<Object> find_sid(const ad::snapshot::UsersView& view, const ad::Sid& wanted) {
  if (const auto user = ad::snapshot::find_user(view, wanted)) return Object{wanted, user->uid};
  if (const auto group = ad::snapshot::find_group(view, wanted)) return Object{wanted, group->gid};
  return std::nullopt;
}

// As libnss_ad finds it: names have no case.
std::optional<Object> find_name(const ad::snapshot::UsersView& view, const std::string& name) {
  ad::snapshot::Piece sid{};
  ad::snapshot::UserFields user{};
  if (view.user_by_name(name.data(), name.size(), user) == Look::kFound &&
      view.sid(user.sid, sid) == Look::kFound)
    return Object{ad::snapshot::sid_of(sid), user.uid};
  ad::snapshot::GroupFields group{};
  if (view.group_by_name(name.data(), name.size(), group) == Look::kFound &&
      view.sid(group.sid, sid) == Look::kFound)
    return Object{ad::snapshot::sid_of(sid), group.gid};
  return std::nullopt;
}

using OpenedUsers = Expected<ad::snapshot::OpenedUsers, ad::snapshot::ReadError>;

std::optional<Object> find(const OpenedUsers& users, const std::string& what) {
  const auto sid = ad::Sid::parse(what);
  auto found = !users ? std::nullopt : sid ? find_sid(users->view(), *sid) : find_name(users->view(), what);
  if (found && found->sid.sub_authorities.empty()) return std::nullopt;
  return found || !sid || sid->sub_authorities.empty() ? found : Object{*sid, std::nullopt};
}

// What one scheme makes of an object.
struct Mapped {
  idmap::Scheme scheme;
  bool configured;
  std::optional<std::uint32_t> id;
  std::string why_not;  // there is no id
  bool clash = false;   // with the id in the snapshot
};

Mapped mapped_by(idmap::Scheme scheme, const Object& object, const idmap::Settings& configured) {
  idmap::Settings settings = configured;
  settings.scheme = scheme;
  Mapped mapped{scheme, scheme == configured.scheme, std::nullopt, {}};
  if (scheme == idmap::Scheme::kRfc2307) {
    if (mapped.configured) mapped.id = object.id;
    if (!mapped.configured) mapped.why_not = "uidNumber or gidNumber of the directory; not in the snapshot";
    return mapped;
  }
  const auto map = idmap::IdMap::create(settings, object.sid.domain());
  if (!map) {
    mapped.why_not = map.error();
    return mapped;
  }
  if (const auto id = map->id_of(object.sid))
    mapped.id = *id;
  else
    mapped.why_not = id.error().text;
  mapped.clash = mapped.configured && mapped.id && object.id && *object.id != *mapped.id;
  return mapped;
}

std::string to_text(const Object& object, const std::vector<Mapped>& schemes) {
  std::vector<std::vector<std::string>> rows = {{"scheme", "id", ""}};
  for (const Mapped& one : schemes) {
    std::vector<std::string> notes;
    if (one.configured) notes.emplace_back("configured");
    if (!one.why_not.empty()) notes.push_back(one.why_not);
    if (one.clash) notes.push_back(fmt::format("CLASH: the snapshot has {}", *object.id));
    rows.push_back({std::string(idmap::name_of(one.scheme)), one.id ? std::to_string(*one.id) : "-",
                    fmt::format("{}", fmt::join(notes, "; "))});
  }
  return fmt::format("{}\n{}", object.sid.text(), table(rows));
}

std::string to_json(const Object& object, const std::vector<Mapped>& schemes) {
  Json json{{"sid", object.sid.text()},
            {"snapshot_id", object.id ? Json(*object.id) : Json()},
            {"schemes", Json::array()}};
  for (const Mapped& one : schemes)
    json["schemes"].push_back({{"scheme", std::string(idmap::name_of(one.scheme))},
                               {"configured", one.configured},
                               {"id", one.id ? Json(*one.id) : Json()},
                               {"why_not", one.why_not.empty() ? Json() : Json(one.why_not)},
                               {"clash", one.clash}});
  return print_json(json);
}

// kBad: the configured scheme gives another id than the accounts have.
ExitStatus explain_ids(const Arguments& arguments, const Context& context) {
  const auto config = ad::config::load_ad_config(arguments.config, context.trust);
  if (!config) return context.could_not_tell(config.error().text);
  const auto users = ad::snapshot::OpenedUsers::open(arguments.snapshots + "/" + ad::snapshot::kUsersFile,
                                                     context.trust.owner);
  const auto object = find(users, arguments.what);
  if (!object)
    return context.could_not_tell(
        fmt::format("no account or group {} in the snapshot; use its name in the directory, or its SID{}",
                    arguments.what, users ? "" : " (" + users.error().text + ")"));
  std::vector<Mapped> schemes;
  for (const idmap::Scheme scheme : {idmap::Scheme::kSssd, idmap::Scheme::kRid, idmap::Scheme::kRfc2307})
    schemes.push_back(mapped_by(scheme, *object, config->ids));
  context.print(context.json ? to_json(*object, schemes) : to_text(*object, schemes));
  return std::ranges::any_of(schemes, &Mapped::clash) ? ExitStatus::kBad : ExitStatus::kGood;
}

// "uid 5001" → how many files, the first of them.
using Unknown = std::map<std::string, std::pair<std::size_t, std::string>>;

std::string to_text(const Unknown& unknown) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [id, found] : unknown)
    rows.push_back({id, fmt::format("{} file(s)", found.first), "first: " + found.second});
  return table(rows);
}

std::string to_json(const Unknown& unknown) {
  auto json = Json::array();
  for (const auto& [id, found] : unknown)
    json.push_back({{"id", id}, {"files", found.first}, {"first", found.second}});
  return print_json(json);
}

// Files whose owner or group neither this computer nor the directory knows.
ExitStatus audit(const Arguments& arguments, const Context& context) {
  const auto contents = ad::snapshot::read_users(arguments.snapshots, context.trust.owner);
  if (!contents) return context.could_not_tell(contents.error().text);
  auto known = ad::read_local_accounts();
  if (!known) return context.could_not_tell(known.error());
  for (const auto& user : contents->users) known->uids.try_emplace(user.uid, user.name);
  for (const auto& group : contents->groups) known->gids.try_emplace(group.gid, group.name);
  namespace fs = std::filesystem;
  Unknown unknown;
  std::error_code error;
  const auto look = [&](const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return;
    const auto count = [&](const std::string& id) { unknown.try_emplace(id, 0, path).first->second.first++; };
    if (!known->uids.contains(status.st_uid)) count(fmt::format("uid {}", status.st_uid));
    if (!known->gids.contains(status.st_gid)) count(fmt::format("gid {}", status.st_gid));
  };
  if (!fs::exists(fs::symlink_status(arguments.what, error)))
    return context.could_not_tell(arguments.what + ": no such file");
  look(arguments.what);
  fs::recursive_directory_iterator files(arguments.what, fs::directory_options::skip_permission_denied,
                                         error);
  for (; !error && files != fs::recursive_directory_iterator(); files.increment(error)) look(files->path());
  if (context.json || !unknown.empty()) context.print(context.json ? to_json(unknown) : to_text(unknown));
  if (error)
    return context.could_not_tell(arguments.what + ": not everything could be searched: " + error.message());
  if (unknown.empty() && !context.json) context.print("every owner is known\n");
  return unknown.empty() ? ExitStatus::kGood : ExitStatus::kBad;
}

void add(const Command& parent, const char* name, const char* help, const char* argument,
         ExitStatus (*run)(const Arguments&, const Context&)) {
  const auto [command, arguments] = parent.add(name, help, run);
  command.option(argument, arguments->what, "").required();
  command.option("--ad-config", arguments->config, "Read this ad.toml").value_name("FILE");
  command.option("--snapshots", arguments->snapshots, "Read snapshots from here").value_name("DIRECTORY");
}

}  // namespace

void add_idmap(const Command& jpkictl) {
  const Command command = jpkictl.add_group("idmap", "Unix ids of Active Directory accounts");
  add(command, "explain", "The ids of an account or group under each scheme, side by side", "NAME|SID",
      explain_ids);
  add(command, "audit", "Files whose owner or group nobody has any more", "PATH", audit);
}

}  // namespace jpki::ctl
