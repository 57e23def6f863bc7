// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/ldap/synchronize.h"

#include "base/ascii_case.h"
#include "nss_ad/ldap/credentials.h"
#include "nss_ad/ldap/doubts.h"
#include "nss_ad/ldap/merge.h"

#include <algorithm>

namespace jpki::ad::ldap {
namespace {

constexpr std::size_t kGuidsInAFilter = 100;
constexpr std::size_t kProgressEvery = 100;
constexpr std::size_t kMaxChanges = 5000;  // beyond, one full read is cheaper for the controller

std::string wanted_filter(const Settings& settings) {
  return "(|(&(objectCategory=person)(objectClass=user)" + settings.user_filter + ")(&(objectClass=group)" +
         settings.group_filter + "))";
}

std::vector<std::string> bases_of(const Settings& settings, const ControllerInfo& info) {
  return settings.bases.empty() ? std::vector{info.domain_nc} : settings.bases;
}

std::string scope_of(const Settings& settings) {
  std::string scope = settings.realm + "\n" + wanted_filter(settings);
  for (const std::string& base : settings.bases) scope += "\n" + base;
  return scope;
}

// Counts entries for the progress bar on their way into `found`.
class Counter {
 public:
  Counter(const Progress& progress, std::string step, std::size_t total)
      : progress_(progress), step_(std::move(step)), total_(total) {}

  void add(Found& found, const Entry& entry) {
    found.add(entry);
    if (++count_ % kProgressEvery == 1 && progress_) progress_(step_, count_, total_);
  }
  std::size_t count() const { return count_; }

 private:
  const Progress& progress_;
  std::string step_;
  std::size_t total_;
  std::size_t count_ = 0;
};

// Bases may overlap; an object counts once.
template <class Object>
void each_once(std::vector<Object>& objects) {
  std::ranges::stable_sort(objects, {}, &Object::guid);
  const auto same = [](const Object& a, const Object& b) { return a.guid == b.guid; };
  objects.erase(std::unique(objects.begin(), objects.end(), same), objects.end());
}

// A back link of an account changes without the account: no incremental run would see it.
bool filters_on_back_links(const Settings& settings) {
  return to_lower(settings.user_filter + settings.group_filter).find("memberof") != std::string::npos;
}

std::string reason_to_read_all(const Request& request, const ControllerInfo& info) {
  const auto& last = request.last;
  if (request.full) return "asked for";
  if (!last) return "first run";
  if (!is_of(*last, request.settings)) return "realm, bases or filters changed";
  if (request.settings.incremental == Incremental::kNever) return "incremental = \"never\"";
  if (filters_on_back_links(request.settings)) return "a filter on memberOf";
  if (request.now >= last->last_full + request.settings.full_every) return "full_every is over";
  if (request.now < last->last_full) return "the clock was set back";
  if (info.invocation_id != last->point.invocation_id) return "another controller, or a restored one";
  if (info.domain_sid != last->directory.domain_sid) return "another domain";
  if (has_namesakes(last->directory)) return "two objects of one distinguished name";
  return "";
}

Expected<Synchronized, Error> read_all(const Connection& connection, const Request& request,
                                       const ControllerInfo& info, std::string why,
                                       const Progress& progress) {
  auto point = current_point(connection, info, request.settings);
  if (!point) return Unexpected{point.error()};
  Found found;
  const std::size_t last_time =
      request.last ? request.last->directory.users.size() + request.last->directory.groups.size() : 0;
  Counter counter(progress, "read the directory", last_time);
  for (const std::string& base : bases_of(request.settings, info)) {
    const Query query{base, Scope::kSubtree, wanted_filter(request.settings), wanted_attributes(),
                      request.settings.page_size};
    const auto done = search(connection, query, [&](const Entry& entry) { counter.add(found, entry); });
    if (!done) return Unexpected{done.error()};
  }
  Synchronized result{{scope_of(request.settings), std::move(*point), request.now, request.now, {}, {}},
                      true,
                      std::move(why),
                      counter.count()};
  each_once(found.users);
  each_once(found.groups);
  result.state.directory = {request.settings.realm, info.netbios, info.domain_sid, std::move(found.users),
                            std::move(found.groups)};
  result.state.malformed = std::move(found.malformed);
  return result;
}

std::vector<std::string> attributes_of_changes() {
  std::vector<std::string> names = wanted_attributes();
  names.insert(names.end(), {"uSNCreated", "memberOf"});
  return names;
}

// The changed objects as they are now; those that are not there, or not wanted any more, are not found.
Expected<Found, Error> read_again(const Connection& connection, const Request& request,
                                  const ControllerInfo& info, const std::set<Guid>& objects,
                                  const Progress& progress) {
  Found found;
  Counter counter(progress, "read what changed", objects.size());
  const std::vector<Guid> guids(objects.begin(), objects.end());
  for (const std::string& base : bases_of(request.settings, info)) {
    for (std::size_t i = 0; i < guids.size(); i += kGuidsInAFilter) {
      const auto part = std::span(guids).subspan(i, std::min(kGuidsInAFilter, guids.size() - i));
      const Query query{base, Scope::kSubtree,
                        "(&" + any_of_guids(part) + wanted_filter(request.settings) + ")",
                        attributes_of_changes(), request.settings.page_size};
      const auto done = search(connection, query, [&](const Entry& entry) { counter.add(found, entry); });
      if (!done) return Unexpected{done.error()};
    }
  }
  each_once(found.users);
  each_once(found.groups);
  return found;
}

// With `why_full`, this is not to be relied on, and everything has to be read.
Expected<Synchronized, Error> read_changes(const Connection& connection, const Request& request,
                                           const ControllerInfo& info, Changes changes,
                                           const Progress& progress) {
  Synchronized result{*request.last, false, "", 0};
  const auto read_all_because = [&](const char* why) {
    result.why_full = why;
    return std::move(result);
  };
  Directory& directory = result.state.directory;
  auto found = read_again(connection, request, info, changes.objects, progress);
  if (!found) return Unexpected{found.error()};
  if (came_in(directory, *found, request.last->point.usn))
    return read_all_because("an object came into the bases or filters");
  std::set<Guid> rivals = rivals_of(directory, changes.objects, *found);
  if (rivals.size() > kMaxChanges) return read_all_because("many changes");
  if (!rivals.empty()) {
    auto left = read_again(connection, request, info, rivals, progress);
    if (!left) return Unexpected{left.error()};
    found->add(std::move(*left));
    changes.objects.merge(rivals);
  }
  result.objects = changes.objects.size();
  result.state.point = std::move(*changes.next);
  result.state.last_read = request.now;
  const std::vector<Membership> memberships = std::move(found->memberships);
  merge(directory, result.state.malformed, changes.objects, std::move(*found));
  // A member that got another name while the last run was reading is not among its groups' members.
  if (!agree(directory, memberships)) return read_all_because("groups and their members disagree");
  return result;
}

}  // namespace

bool is_of(const State& state, const Settings& settings) {
  return state.scope == scope_of(settings);
}

State state_of_file(const Settings& settings, Directory directory, Time now) {
  return {scope_of(settings), {}, now, now, std::move(directory), {}};
}

Expected<Synchronized, Error> synchronize(const Connection& connection, const Request& request,
                                          const Progress& progress) {
  const auto info = read_controller_info(connection, request.settings, request.now);
  if (!info) return Unexpected{info.error()};
  std::string why = reason_to_read_all(request, *info);
  if (!why.empty()) return read_all(connection, request, *info, std::move(why), progress);

  auto changes = changes_since(connection, *info, request.settings, request.last->point);
  if (!changes) return Unexpected{changes.error()};
  if (!changes->next) why = "the controller cannot tell what changed";
  if (changes->containers) why = "a container was renamed, moved or made";
  if (changes->objects.size() > kMaxChanges) why = "many changes";
  if (!why.empty()) return read_all(connection, request, *info, std::move(why), progress);

  auto result = read_changes(connection, request, *info, std::move(*changes), progress);
  if (!result) return Unexpected{result.error()};
  if (result->why_full.empty()) return result;
  return read_all(connection, request, *info, result->why_full, progress);
}

Expected<Synchronized, Error> synchronize_with_any(const Request& request, const Credentials& credentials,
                                                   const Random& random, const Progress& progress) {
  const Settings& settings = request.settings;
  const auto controllers =
      controllers_of(settings, request.last ? request.last->point.controller : std::string(), random);
  if (!controllers) return Unexpected{controllers.error()};
  if (progress) progress("get a ticket", 0, 0);
  const auto session = credentials.prepare(settings, *controllers);
  if (!session) return Unexpected{session.error()};
  std::optional<Error> problem;
  for (const Controller& controller : *controllers) {
    if (progress) progress("ask " + controller.host, 0, 0);
    const auto connection = Connection::open(controller, settings, credentials);
    auto result = connection ? synchronize(*connection, request, progress)
                             : Expected<Synchronized, Error>(Unexpected{connection.error()});
    if (result) return result;
    if (!problem) {
      problem = result.error();
    } else {
      problem->text += "; " + result.error().text;
    }
  }
  if (!problem) problem = Error{Failure::kNoController, "no controller is known; set servers in ad.toml"};
  return Unexpected{std::move(*problem)};
}

}  // namespace jpki::ad::ldap
