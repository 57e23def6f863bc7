// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/succession/overlay.h"

#include "base/atomic_file.h"
#include "base/directory_lock.h"
#include "base/number.h"
#include "base/safe_file.h"
#include "validator/succession/assertion.h"
#include "validator/x509/base64.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

namespace jpki::succession {
namespace {

constexpr std::string_view kFirstLine = "jpki-succession 1";
constexpr std::string_view kAccountPrefix = "account=";
constexpr std::string_view kCertificatePrefix = "certificate=";
constexpr std::size_t kLongestAccount = 256;
constexpr std::chrono::seconds kPatience{3};
constexpr char kRemedy[] = "; look at it, then remove it: certificates that it joined are refused until then";

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find('\t', begin), line.size());
    fields.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return fields;
}

std::optional<Time> time_from(std::string_view digits) {
  const auto seconds = whole_number<std::int64_t>(digits);
  if (!seconds || *seconds < 0) return std::nullopt;
  return Time(std::chrono::seconds(*seconds));
}

std::optional<Entry::State> state_from(std::string_view name) {
  for (const auto state :
       {Entry::State::kPending, Entry::State::kRefused, Entry::State::kAsked, Entry::State::kBound})
    if (name == name_of(state)) return state;
  return std::nullopt;
}

bool is_canonical(std::string_view name) {
  return canonical_name(name, false) == name;
}

std::optional<Entry> entry_from(std::string_view line) {
  auto fields = fields_of(line);
  Blob certificate;
  if (fields.back().starts_with(kCertificatePrefix)) {
    auto octets = x509::from_base64(fields.back().substr(kCertificatePrefix.size()));
    if (!octets || octets->empty() || octets->size() > kMaxEntryCertificate) return std::nullopt;
    certificate = std::move(*octets);
    fields.pop_back();
  }
  if (fields.size() < 5 || fields.size() > 4 + kMostOld) return std::nullopt;
  const auto state = state_from(fields[0]);
  const auto since = time_from(fields[1]);
  const auto until = time_from(fields[2]);
  if (!state || !since || !until || !is_canonical(fields[3])) return std::nullopt;
  const bool own = fields[4].starts_with(kAccountPrefix);
  if (own ? *state == Entry::State::kPending
          : *state == Entry::State::kAsked || *state == Entry::State::kBound)
    return std::nullopt;
  Entry entry{*state, *since, *until, std::string(fields[3]), {}, {}, std::move(certificate)};
  if (own) {
    entry.account = fields[4].substr(kAccountPrefix.size());
    return fields.size() == 5 && is_account_text(entry.account) ? std::optional(entry) : std::nullopt;
  }
  if (!std::all_of(fields.begin() + 4, fields.end(), is_canonical)) return std::nullopt;
  entry.old_names.assign(fields.begin() + 4, fields.end());
  return entry;
}

bool overlap(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::any_of(a, [&](const std::string& one) { return std::ranges::find(b, one) != b.end(); });
}

}  // namespace

std::string_view name_of(Entry::State state) noexcept {
  switch (state) {
    case Entry::State::kPending:
      return "pending";
    case Entry::State::kRefused:
      return "refused";
    case Entry::State::kAsked:
      return "asked";
    case Entry::State::kBound:
      return "bound";
  }
  return "";
}

bool is_account_text(std::string_view account) noexcept {
  const auto stands = [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '\x7f'; };
  return !account.empty() && account.size() <= kLongestAccount && std::ranges::all_of(account, stands);
}

std::string spelled(const std::vector<Entry>& entries) {
  std::string text = std::string(kFirstLine) + '\n';
  for (const Entry& entry : entries) {
    text += fmt::format("{}\t{}\t{}\t{}", name_of(entry.state), entry.since.time_since_epoch().count(),
                        entry.until.time_since_epoch().count(), entry.new_name);
    for (const std::string& old : entry.old_names) text += '\t' + old;
    if (entry.is_own()) text += fmt::format("\t{}{}", kAccountPrefix, entry.account);
    if (!entry.certificate.empty())
      text += fmt::format("\t{}{}", kCertificatePrefix, x509::to_base64(entry.certificate));
    text += '\n';
  }
  return text;
}

Expected<std::vector<Entry>, std::string> parse_overlay(std::string_view text) {
  std::vector<Entry> entries;
  std::size_t number = 0;
  const auto wrong = [&](const char* why) { return Unexpected{fmt::format(":{}: {}", number, why)}; };
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    ++number;
    if (end == text.npos) return wrong("has no end");
    const std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    if (number == 1) {
      if (line != kFirstLine) return wrong("is not jpki-succession 1");
      continue;
    }
    auto entry = entry_from(line);
    if (!entry) return wrong("is no entry");
    if (entries.size() == kMostEntries) return wrong("more entries than can be");
    entries.push_back(std::move(*entry));
  }
  if (number == 0) return Unexpected{std::string(": is empty")};
  return entries;
}

const Entry* pending_of(const std::vector<Entry>& entries, const std::vector<std::string>& names) {
  const auto found = std::ranges::find_if(entries, [&](const Entry& entry) {
    return entry.state == Entry::State::kPending && std::ranges::find(names, entry.new_name) != names.end();
  });
  return found == entries.end() ? nullptr : &*found;
}

const Entry* successor_of(const std::vector<Entry>& entries, const std::vector<std::string>& names) {
  const auto found = std::ranges::find_if(entries, [&](const Entry& entry) {
    return entry.state == Entry::State::kPending && overlap(entry.old_names, names);
  });
  return found == entries.end() ? nullptr : &*found;
}

bool is_refused(const std::vector<Entry>& entries, const std::string& new_name,
                const std::vector<std::string>& old_names) {
  return std::ranges::any_of(entries, [&](const Entry& entry) {
    return entry.state == Entry::State::kRefused && entry.new_name == new_name &&
           overlap(entry.old_names, old_names);
  });
}

Expected<std::vector<Entry>, std::string> read_overlay(const std::string& directory, uid_t owner) {
  const std::string path = directory + kOverlayFile;
  const auto file = read_trusted_file(path, {.max_size = kOverlayLimit, .owner = owner, .secret = true});
  if (!file && file.error().reason == FileError::Reason::kMissing) return std::vector<Entry>();
  if (!file) return Unexpected{file.error().text};
  auto entries = parse_overlay(as_text(*file));
  if (!entries) return Unexpected{path + entries.error() + kRemedy};
  return entries;
}

Expected<Unit, std::string> change_overlay(const std::string& directory, uid_t owner, const Edit& edit) {
  const auto lock = lock_directory(directory, kPatience);
  if (!lock) return Unexpected{directory + ": " + std::strerror(lock.error())};
  auto entries = read_overlay(directory, owner);
  if (!entries) return Unexpected{entries.error()};
  const auto write = edit(*entries);
  if (!write) return Unexpected{write.error()};
  if (!*write) return Unit{};
  auto file = AtomicFile::create(directory + kOverlayFile, 0600);
  if (!file) return Unexpected{file.error()};
  if (auto written = file->write(as_bytes(spelled(*entries)), 0); !written) return written;
  return file->commit();
}

}  // namespace jpki::succession
