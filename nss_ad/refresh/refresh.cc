// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/refresh/refresh.h"

#include "base/atomic_file.h"
#include "nss_ad/ldif/ldif.h"
#include "nss_ad/refresh/watchdog.h"
#include "nss_ad/resolve/resolve.h"
#include "nss_ad/snapshot/reader.h"

#include <filesystem>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace jpki::ad::refresh {
namespace {

constexpr char kIdsFile[] = "ids";
constexpr std::size_t kFewAccounts = 20;  // below, halving is everyday life

// What the directory said, and when.
struct Read {
  Directory directory;
  Time when{};
  ObjectReport objects;              // what could not be decoded
  std::optional<ldap::State> state;  // to be kept for the next run
};

Read read_of(const ldap::State& state) {
  Read read{state.directory, state.last_read, {}, {}};
  for (const auto& [guid, why] : state.malformed) read.objects.add(ObjectProblem::kMalformed, why);
  return read;
}

std::string text_of(Time time) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", time);
}

std::string span_text(std::chrono::seconds span) {
  using namespace std::chrono;
  const auto told = [](auto count, const char* unit) {
    return fmt::format("{} {}{} old", count, unit, count == 1 ? "" : "s");
  };
  if (span < seconds(0)) return "in the future";
  if (span < minutes(2)) return told(span.count(), "second");
  if (span < hours(2)) return told(duration_cast<minutes>(span).count(), "minute");
  if (span < days(2)) return told(duration_cast<hours>(span).count(), "hour");
  return told(duration_cast<days>(span).count(), "day");
}

std::string state_file(const Setup& setup) {
  return setup.destination.directory + "/" + kStateFile;
}

std::optional<ldap::State> last_state(const Setup& setup, Report& report) {
  FileTrust trust = setup.files;
  trust.secret = true;
  auto state = ldap::load_state(state_file(setup), trust);
  if (state) return std::move(*state);
  report.add(Problem::kStateNotKept, state.error() + "; everything is read again");
  return std::nullopt;
}

std::optional<Read> read_directory(const Setup& setup, const ldap::Random& random,
                                   const ldap::Progress& progress, Report& report) {
  const auto last = last_state(setup, report);
  const auto& settings = setup.config.directory;
  const Watchdog watchdog(
      settings.total_timeout,
      fmt::format("nss-ad-refresh: JPKI-{}: not finished after {} seconds; raise total_timeout_seconds in "
                  "ad.toml, or check the network to the controllers; {}\n",
                  static_cast<unsigned>(Problem::kTooLong), settings.total_timeout.count(),
                  age_of_snapshot(setup.destination.directory, setup.now)));
  const auto& credentials = *setup.credentials;
  if (!credentials) {
    report.add(credentials.error());
    return std::nullopt;
  }
  auto got =
      ldap::synchronize_with_any({settings, last, setup.full, setup.now}, *credentials, random, progress);
  if (!got) {
    report.add(got.error());
    return std::nullopt;
  }
  report.remarks.push_back(
      got->full ? fmt::format("everything read from {}: {}; {} objects", got->state.point.controller,
                              got->why_full, got->objects)
                : fmt::format("changes read from {} by {}: {} objects", got->state.point.controller,
                              got->state.point.cookie.empty() ? "uSNChanged" : "DirSync", got->objects));
  Read read = read_of(got->state);
  read.state = std::move(got->state);
  return read;
}

std::optional<Read> recall_directory(const Setup& setup, Report& report) {
  const auto last = last_state(setup, report);
  return last && ldap::is_of(*last, setup.config.directory) ? std::optional(read_of(*last)) : std::nullopt;
}

std::optional<Read> read_ldif_file(const Setup& setup, Report& report) {
  const auto cannot = [&](const std::string& why) {
    report.add(Problem::kLdif, why);
    return std::nullopt;
  };
  const auto entries = ldif::parse(as_text(setup.ldif->content));
  if (!entries) return cannot(setup.ldif->path + ": " + entries.error());
  ObjectReport objects;
  auto directory = ldif::directory_of(*entries, objects);
  if (!directory) return cannot(setup.ldif->path + ": " + directory.error());
  report.remarks.push_back(setup.ldif->path + ": read");
  Read read{*directory, setup.now, std::move(objects), {}};
  read.state = ldap::state_of_file(setup.config.directory, std::move(*directory), setup.now);
  return read;
}

auto accounts_in_force(const Setup& setup) {
  const std::string path = setup.destination.directory + "/" + snapshot::kUsersFile;
  return snapshot::OpenedUsers::open(path, setup.files.owner);
}

std::optional<Read> read_offline(const Setup& setup, Report& report) {
  auto found = recall_directory(setup, report);
  if (!found)
    report.add(Problem::kStateNotKept,
               "no run with these settings was saved; run nss-ad-refresh without --offline");
  return found;
}

// When the directory does not answer and there are no accounts, or none in this program's format, those that
// were read last are better than nobody.
std::optional<Read> read_online(const Setup& setup, const ldap::Random& random,
                                const ldap::Progress& progress, Report& report) {
  auto found = read_directory(setup, random, progress, report);
  if (found || accounts_in_force(setup)) return found;
  Report told_already;
  return recall_directory(setup, told_already);
}

// A wrong base, a lost right or the wrong file must not empty the machine.
bool plausible(const Setup& setup, const Directory& directory, Report& report) {
  const auto last = accounts_in_force(setup);
  const std::size_t before = last ? last->view().user_count() : 0;
  const std::size_t now = directory.users.size();
  const bool far_fewer = before >= kFewAccounts && now < before / 2;
  if ((now > 0 && !far_fewer) || setup.accept_fewer) return true;
  report.add(Problem::kFewer,
             fmt::format("the directory shows {} accounts, the last run found {}; check bases, "
                         "filters and what the account may read, or run: nss-ad-refresh "
                         "--accept-fewer",
                         now, before));
  return false;
}

Expected<idmap::IdMemory, std::string> known_ids(const Setup& setup) {
  const std::string path = setup.destination.directory + "/" + kIdsFile;
  const auto text = read_trusted_file(path, setup.files);
  if (!text && text.error().reason == FileError::Reason::kMissing) return idmap::IdMemory{};
  if (!text) return Unexpected{text.error().text};
  auto ids = idmap::parse_id_memory(as_text(*text));
  if (!ids) return Unexpected{path + ": " + ids.error()};
  return ids;
}

Expected<Unit, std::string> keep_ids(const idmap::IdMemory& ids, const std::string& directory) {
  auto file = AtomicFile::create(directory + "/" + kIdsFile, 0644);
  if (!file) return Unexpected{file.error()};
  if (auto written = file->write(as_bytes(idmap::to_text(ids)), 0); !written) return written;
  return file->commit();
}

Expected<Resolved, std::string> resolve_all(const Setup& setup, const Read& read) {
  const auto ids = known_ids(setup);
  if (!ids) return Unexpected{ids.error()};
  return resolve(read.directory, setup.config, setup.local, *ids, read.when);
}

// The ids first: no snapshot holds an id that the next run does not know of.
void write(const Setup& setup, const Read& read, Report& report) {
  const auto resolved = resolve_all(setup, read);
  if (!resolved) return report.add(Problem::kNotSetUp, resolved.error());
  auto written = keep_ids(resolved->ids, setup.destination.directory);
  if (written) written = snapshot::write_snapshots(resolved->contents, setup.destination);
  if (!written) return report.add(Problem::kNotWritten, written.error());
  for (const auto& line : read.objects.lines) report.add(line);
  for (const auto& line : resolved->report.lines) report.add(line);
  report.written = true;
  for (const auto& remark : resolved->remarks) report.remarks.push_back(remark);
  report.remarks.push_back(fmt::format("{} accounts, {} groups written", resolved->contents.users.size(),
                                       resolved->contents.groups.size()));
}

// Files that only programs from before an upgrade read, once they are too old to count
// (nss_ad/snapshot/format.h).
void remove_other_versions(const Setup& setup, Report& report) {
  const auto oldest = std::filesystem::file_time_type::clock::now() - setup.config.account.max_snapshot_age;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(setup.destination.directory, error)) {
    const std::string name = entry.path().filename();
    const bool snapshot =
        (name.starts_with("users.") || name.starts_with("restricted.")) && name.ends_with(".snap");
    const bool current = name == snapshot::kUsersFile || name == snapshot::kRestrictedFile;
    if (snapshot && !current && entry.last_write_time(error) < oldest &&
        std::filesystem::remove(entry.path(), error))
      report.remarks.push_back(name + ": written by another version of this program, and too old; removed");
  }
}

}  // namespace

std::string age_of_snapshot(const std::string& directory, Time now) {
  const auto users = snapshot::OpenedUsers::open(directory + "/" + snapshot::kUsersFile);
  if (!users) return "there are no accounts from an earlier run";
  return fmt::format("the accounts of {} ({}) are in force", text_of(users->synchronized()),
                     span_text(now - users->synchronized()));
}

Report refresh(const Setup& setup, const ldap::Random& random, const ldap::Progress& progress) {
  Report report;
  const auto found = setup.ldif          ? read_ldif_file(setup, report)
                     : setup.credentials ? read_online(setup, random, progress, report)
                                         : read_offline(setup, report);
  if (!found || !plausible(setup, found->directory, report)) return report;
  if (progress) progress("write the accounts", 0, 0);
  write(setup, *found, report);
  if (!report.written) return report;
  // Last: until it is kept, the next run reads the same again.
  if (found->state) {
    const auto saved = ldap::save_state(state_file(setup), *found->state);
    if (!saved) report.add(Problem::kStateNotKept, saved.error());
  }
  remove_other_versions(setup, report);
  return report;
}

}  // namespace jpki::ad::refresh
