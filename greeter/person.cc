// SPDX-License-Identifier: LGPL-2.1-or-later
#include "greeter/person.h"

#include "greeter/plain_text.h"

#include <cerrno>
#include <vector>

#include <pwd.h>

namespace jpki::greeter {
namespace {

constexpr std::size_t kMaxEntry = 1 << 20;

}  // namespace

std::string holder_of(std::string_view gecos, std::string_view account) {
  std::string name;
  for (const char c : gecos.substr(0, gecos.find(','))) {
    if (c != '&') {
      name.push_back(c == '\n' ? ' ' : c);
      continue;
    }
    const std::size_t at = name.size();
    name.append(account);
    if (at < name.size() && name[at] >= 'a' && name[at] <= 'z')
      name[at] = static_cast<char>(name[at] - 'a' + 'A');
  }
  return plain_text(name);
}

std::string holder_of_account(const std::string& account) {
  std::vector<char> buffer(4096);
  while (true) {
    passwd entry{};
    passwd* found = nullptr;
    const int error = ::getpwnam_r(account.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (error == ERANGE && buffer.size() < kMaxEntry) {
      buffer.resize(buffer.size() * 2);
      continue;
    }
    if (error != 0 || found == nullptr || entry.pw_gecos == nullptr) return {};
    return holder_of(entry.pw_gecos, account);
  }
}

}  // namespace jpki::greeter
