// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/bench/nss_toy.h"

#include <bit>
#include <fstream>
#include <vector>

namespace jpki::bench::toy {
namespace {

using ad::snapshot::Contents;
using ad::snapshot::GroupEntry;
using ad::snapshot::UserEntry;

struct Named {
  std::uint32_t hash;
  std::uint32_t record;
};

template <class T>
void append(std::string& file, const T& value) {
  file.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void pad(std::string& file) {
  file.resize((file.size() + 7) / 8 * 8);
}

// Half full, at its reserved place.
void put_table(std::string& file, std::uint32_t at, std::uint32_t mask, const std::vector<Named>& entries) {
  auto* const slots = reinterpret_cast<Slot*>(file.data() + at);
  for (const Named& entry : entries) {
    std::uint32_t i = entry.hash;
    while (slots[i & mask].record != 0) ++i;
    slots[i & mask] = {entry.hash, entry.record};
  }
}

std::uint32_t append_user(std::string& file, const UserEntry& entry, const std::vector<std::uint32_t>& gids) {
  pad(file);
  const auto at = static_cast<std::uint32_t>(file.size());
  const std::string nul(1, '\0');
  const std::string strings =
      entry.name + nul + "x" + nul + entry.gecos + nul + entry.home + nul + entry.shell + nul;
  append(file,
         User{entry.uid, entry.gid, static_cast<std::uint16_t>(entry.name.size()),
              static_cast<std::uint16_t>(entry.gecos.size()), static_cast<std::uint16_t>(entry.home.size()),
              static_cast<std::uint16_t>(entry.shell.size()), static_cast<std::uint32_t>(strings.size()),
              static_cast<std::uint32_t>(gids.size())});
  file += strings;
  file.resize((file.size() + 3) / 4 * 4);
  for (const std::uint32_t gid : gids) append(file, gid);
  return at;
}

std::uint32_t append_group(std::string& file, const Contents& contents, const GroupEntry& entry) {
  pad(file);
  const auto at = static_cast<std::uint32_t>(file.size());
  std::string strings = entry.name;
  strings.append(1, '\0').append("x").append(1, '\0');
  for (const std::uint32_t member : entry.members)
    strings.append(contents.users[member].name).append(1, '\0');
  append(file,
         Group{entry.gid, static_cast<std::uint32_t>(entry.name.size()),
               static_cast<std::uint32_t>(entry.members.size()), static_cast<std::uint32_t>(strings.size())});
  file += strings;
  return at;
}

}  // namespace

void write_table(const Contents& contents, const std::string& path) {
  std::vector<std::vector<std::uint32_t>> gids(contents.users.size());
  for (const GroupEntry& entry : contents.groups) {
    for (const std::uint32_t member : entry.members) gids[member].push_back(entry.gid);
  }
  std::string file(64, '\0');
  Header header{};
  const std::size_t counts[] = {contents.users.size(), contents.users.size(), contents.groups.size()};
  for (int i = 0; i < 3; ++i) {
    const std::size_t slots = std::bit_ceil(2 * counts[i] + 2);
    header.mask[i] = static_cast<std::uint32_t>(slots - 1);
    header.slots[i] = static_cast<std::uint32_t>(file.size());
    file.resize(file.size() + slots * sizeof(Slot));
  }
  std::vector<Named> tables[3];
  for (std::size_t i = 0; i < contents.users.size(); ++i) {
    const std::uint32_t at = append_user(file, contents.users[i], gids[i]);
    tables[0].push_back({hash_of(contents.users[i].name.data(), contents.users[i].name.size()), at});
    tables[1].push_back({hash_of(contents.users[i].uid), at});
  }
  for (const GroupEntry& entry : contents.groups)
    tables[2].push_back({hash_of(entry.name.data(), entry.name.size()), append_group(file, contents, entry)});
  for (int i = 0; i < 3; ++i) put_table(file, header.slots[i], header.mask[i], tables[i]);
  file.replace(0, sizeof header, reinterpret_cast<const char*>(&header), sizeof header);
  std::ofstream(path, std::ios::binary) << file;
}

}  // namespace jpki::bench::toy
