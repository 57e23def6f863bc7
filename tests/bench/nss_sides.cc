// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/bench/nss_sides.h"

#include "tests/bench/nss_toy.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <dlfcn.h>
#include <fmt/core.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace jpki::bench {
namespace {

void* open_module(const std::string& path) {
  void* const module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    fmt::print(stderr, "bench: {}\n", ::dlerror());
    std::exit(EXIT_FAILURE);
  }
  return module;
}

template <class Function>
void find(void* module, const std::string& name, Function*& function, bool needed = true) {
  function = reinterpret_cast<Function*>(::dlsym(module, name.c_str()));
  if (function == nullptr && needed) {
    fmt::print(stderr, "bench: no {}\n", name);
    std::exit(EXIT_FAILURE);
  }
}

NameService side_of(const std::string& name, void* module, const std::string& prefix) {
  NameService side;
  side.name = name;
  find(module, prefix + "getpwnam_r", side.getpwnam);
  find(module, prefix + "getpwuid_r", side.getpwuid);
  find(module, prefix + "getgrnam_r", side.getgrnam);
  find(module, prefix + "initgroups_dyn", side.initgroups, false);
  if (side.initgroups == nullptr) {
    find(module, prefix + "setgrent", side.setgrent);
    find(module, prefix + "getgrent_r", side.getgrent);
    find(module, prefix + "endgrent", side.endgrent);
  }
  return side;
}

// A text database as passwd(5) or group(5), with where each line begins.
struct Database {
  std::string text;
  std::vector<std::pair<std::string, std::size_t>> by_name;
  std::vector<std::pair<std::string, std::size_t>> by_id;

  void add(const std::string& name, std::uint32_t id, const std::string& line) {
    by_name.emplace_back(name, text.size());
    by_id.emplace_back(std::to_string(id), text.size());
    text += line + "\n";
  }
};

Database passwd_of(const Contents& contents) {
  Database database;
  for (const auto& user : contents.users)
    database.add(
        user.name, user.uid,
        fmt::format("{}:x:{}:{}:{}:{}:{}", user.name, user.uid, user.gid, user.gecos, user.home, user.shell));
  return database;
}

Database group_of(const Contents& contents) {
  Database database;
  for (const auto& group : contents.groups) {
    std::string members;
    for (const std::uint32_t member : group.members)
      members += (members.empty() ? "" : ",") + contents.users[member].name;
    database.add(group.name, group.gid, fmt::format("{}:x:{}:{}", group.name, group.gid, members));
  }
  return database;
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// libnss-cache's index: lines of one length, sorted by key; key NUL offset NUL…, newline.
void write_index(const std::string& path, std::vector<std::pair<std::string, std::size_t>> entries) {
  std::ranges::sort(entries);
  std::size_t length = 0;
  for (const auto& [key, offset] : entries) length = std::max(length, key.size());
  std::string text;
  for (const auto& [key, offset] : entries) {
    std::string line = key + std::string(1, '\0') + fmt::format("{:08}", offset);
    line.resize(length + 12, '\0');
    text += line + "\n";
  }
  write(path, text);
}

}  // namespace

gid_t NameService::last_group(const char* user, gid_t primary) const {
  static long capacity = 4096;
  static auto* gids = static_cast<gid_t*>(std::malloc(4096 * sizeof(gid_t)));
  static char buffer[1 << 16];
  long start = 0;
  int error = 0;
  if (initgroups != nullptr) {
    (void)initgroups(user, primary, &start, &capacity, &gids, 0, &error);
    return start == 0 ? 0 : gids[start - 1];
  }
  struct group entry {};
  setgrent(0);
  while (getgrent(&entry, buffer, sizeof buffer, &error) == NSS_STATUS_SUCCESS) {
    for (char** member = entry.gr_mem; *member != nullptr; ++member) {
      if (std::strcmp(*member, user) == 0) gids[start++] = entry.gr_gid;
    }
  }
  endgrent();
  return start == 0 ? 0 : gids[start - 1];
}

NameService our_side(const std::string& module) {
  return side_of("ours", open_module(module), "_nss_ad_");
}

NameService toy_side(const std::string& module, const Contents& contents, const std::string& directory) {
  toy::write_table(contents, directory + "/toy");
  return open_toy(module, directory);
}

NameService open_toy(const std::string& module, const std::string& directory) {
  void* const opened = open_module(module);
  int (*use)(const char*) = nullptr;
  find(opened, "nss_toy_use", use);
  if (use((directory + "/toy").c_str()) != 0) std::exit(EXIT_FAILURE);
  return side_of("bare table", opened, "_nss_toy_");
}

NameService cache_side(const std::string& module, const Contents& contents, const std::string& directory) {
  const std::string passwd = directory + "/passwd.cache";
  const std::string group = directory + "/group.cache";
  const Database users = passwd_of(contents);
  const Database groups = group_of(contents);
  write(passwd, users.text);
  write(group, groups.text);
  write_index(passwd + ".ixname", users.by_name);
  write_index(passwd + ".ixuid", users.by_id);
  write_index(group + ".ixname", groups.by_name);
  write_index(group + ".ixgid", groups.by_id);
  void* const opened = open_module(module);
  char* (*set_passwd)(const char*) = nullptr;
  char* (*set_group)(const char*) = nullptr;
  find(opened, "_nss_cache_setpwent_path", set_passwd);
  find(opened, "_nss_cache_setgrent_path", set_group);
  set_passwd(passwd.c_str());
  set_group(group.c_str());
  return side_of("libnss-cache", opened, "_nss_cache_");
}

std::string snapshot_directory() {
  return JPKI_STATEDIR "/ad";
}

bool own_mounts() {
  const auto above = std::filesystem::path(JPKI_STATEDIR).parent_path();
  std::error_code error;
  return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", above.c_str(), "tmpfs", 0, "mode=0755") == 0 &&
         std::filesystem::create_directories(snapshot_directory(), error);
}

NameService files_side(const Contents& contents, const std::string& directory) {
  write(directory + "/passwd", passwd_of(contents).text);
  write(directory + "/group", group_of(contents).text);
  for (const std::string name : {"passwd", "group"}) {
    if (::mount((directory + "/" + name).c_str(), ("/etc/" + name).c_str(), nullptr, MS_BIND, nullptr) != 0) {
      fmt::print(stderr, "bench: /etc/{} cannot be covered: {}\n", name, std::strerror(errno));
      std::exit(EXIT_FAILURE);
    }
  }
  return side_of("files", RTLD_DEFAULT, "_nss_files_");
}

void restore_files() {
  ::umount2("/etc/passwd", MNT_DETACH);
  ::umount2("/etc/group", MNT_DETACH);
}

}  // namespace jpki::bench
