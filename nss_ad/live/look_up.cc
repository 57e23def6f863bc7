// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/live/look_up.h"

#include "nss_ad/ldap/controller_info.h"
#include "nss_ad/ldap/search.h"

#include <algorithm>

namespace jpki::ad::live {
namespace {

using account::Live;

// So that a second controller has a chance before the login stops waiting.
constexpr std::chrono::seconds kPatience{1};

Live unanswered(const std::string& why) {
  return {Live::Kind::kUnanswered, {}, why};
}

Live unanswered(const ldap::Error& error) {
  return unanswered("JPKI-" + std::to_string(static_cast<unsigned>(error.failure)) + ": " + error.text);
}

Live ask(const ldap::Controller& controller, const ldap::Settings& settings,
         const ldap::Credentials& credentials, const Sid& sid) {
  const auto connection = ldap::Connection::open(controller, settings, credentials);
  if (!connection) return unanswered(connection.error());
  std::vector<Entry> found;
  const ldap::Query query{ldap::domain_nc_of(settings.realm), ldap::Scope::kSubtree,
                          "(objectSid=" + ldap::escaped(sid.encode()) + ")", wanted_attributes(), 2};
  const auto done = ldap::search(*connection, query, [&](Entry entry) { found.push_back(std::move(entry)); });
  return done ? judge(found, sid, connection->name()) : unanswered(done.error());
}

}  // namespace

Live judge(const std::vector<Entry>& found, const Sid& sid, const std::string& controller) {
  if (found.empty()) return {Live::Kind::kGone, {}, controller};
  if (found.size() > 1) return unanswered(controller + ": several objects with one SID");
  const EntryKind kind = kind_of(found.front());
  if (kind != EntryKind::kUser) return unanswered(controller + ": the object is no longer a user account");
  auto user = user_of(found.front());
  if (!user) return unanswered(controller + ": " + user.error());
  if (user->sid != sid) return unanswered(controller + ": answered about another account");
  return {Live::Kind::kState, std::move(user->state), controller};
}

Live look_up(const Sid& sid, ldap::Settings settings, const ldap::Credentials& credentials,
             const ldap::Random& random) {
  settings.connect_timeout = std::min(settings.connect_timeout, kPatience);
  settings.timeout = std::min(settings.timeout, kPatience);
  const auto controllers = ldap::controllers_of(settings, "", random);
  if (!controllers) return unanswered(controllers.error());
  const auto ticket = credentials.prepare(settings, *controllers);
  if (!ticket) return unanswered(ticket.error());
  Live last = unanswered("no controller is known; set servers in ad.toml");
  for (const ldap::Controller& controller : *controllers) {
    last = ask(controller, settings, credentials, sid);
    if (last.kind != Live::Kind::kUnanswered) break;
  }
  return last;
}

}  // namespace jpki::ad::live
