// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/request_store.h"

#include "base/atomic_file.h"
#include "base/directory_lock.h"
#include "base/mapping/mapping_text.h"
#include "base/number.h"
#include "base/text_lines.h"
#include "validator/succession/assertion.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jpki::ctl::card {
namespace {

constexpr std::string_view kSuffix = ".request";
constexpr char kDecided[] = "/decided";
constexpr std::size_t kDecidedLimit = std::size_t{4} << 20;
constexpr std::chrono::seconds kPatience{5};
// Longer than kRequestLife: afterwards the same request is too old in any case.
constexpr std::chrono::days kApprovedLife{90};

std::string failed(const std::string& path) {
  return path + ": " + std::strerror(errno);
}

std::optional<Decision> decision_of(std::string_view line) {
  Decision decision;
  const auto take = [&line] {
    const std::size_t end = std::min(line.find('\t'), line.size());
    const std::string_view field = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return field;
  };
  const std::string_view state = take();
  const auto seconds = whole_number<std::int64_t>(take());
  decision.name = take();
  decision.account = take();
  decision.approved = state == "approved";
  decision.when = Time(std::chrono::seconds(seconds.value_or(0)));
  if (!seconds || !line.empty() || (!decision.approved && state != "refused") || decision.account.empty() ||
      succession::canonical_name(decision.name, false) != decision.name)
    return std::nullopt;
  return decision;
}

bool is_decided(const Request& request, const std::vector<Decision>& decisions) {
  return std::ranges::any_of(decisions, [&](const Decision& one) {
    return one.name == request.name() && one.account == request.account &&
           (!one.approved || request.asked <= one.when);
  });
}

}  // namespace

std::string spelled(const std::vector<Decision>& decisions) {
  std::string text;
  for (const Decision& one : decisions)
    text += fmt::format("{}\t{}\t{}\t{}\n", one.approved ? "approved" : "refused",
                        one.when.time_since_epoch().count(), one.name, one.account);
  return text;
}

std::optional<std::vector<Decision>> parse_decisions(std::string_view text) {
  if (!text.empty() && text.back() != '\n') return std::nullopt;
  std::vector<Decision> decisions;
  while (!text.empty()) {
    auto decision = decision_of(take_line(text));
    if (!decision) return std::nullopt;
    decisions.push_back(std::move(*decision));
  }
  return decisions;
}

std::string RequestStore::path_of(const Request& request) const {
  return directory_ + '/' + request.name().substr(mapping::kThumbprintPrefix.size()) + std::string(kSuffix);
}

FileTrust RequestStore::trust() const {
  return {.max_size = kDecidedLimit, .owner = owner_, .secret = true};
}

Expected<RequestStore::Content, std::string> RequestStore::read() const {
  Content content;
  const auto names = list_trusted_directory(directory_, kSuffix, trust());
  if (!names && names.error().reason == FileError::Reason::kMissing) return content;
  if (!names) return Unexpected{names.error().text};
  const std::string decided = directory_ + kDecided;
  const auto text = read_trusted_file(decided, trust());
  if (!text && text.error().reason != FileError::Reason::kMissing) return Unexpected{text.error().text};
  auto decisions = parse_decisions(text ? as_text(*text) : std::string_view());
  if (!decisions)
    return Unexpected{decided + ": damaged; without it requests count again: look at it, then remove it"};
  content.decisions = std::move(*decisions);
  for (const std::string& name : *names) {
    const std::string path = directory_ + '/' + name;
    const auto octets = read_trusted_file(path, trust());
    if (!octets) return Unexpected{octets.error().text};
    auto requests = parse_requests(as_text(*octets));
    if (!requests || requests->size() != 1 || path_of(requests->front()) != path)
      return Unexpected{path + ": damaged; remove it"};
    if (!is_decided(requests->front(), content.decisions))
      content.waiting.push_back(std::move(requests->front()));
  }
  return content;
}

Expected<UniqueFd, std::string> RequestStore::lock() const {
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) return Unexpected{failed(directory_)};
  auto lock = lock_directory(directory_, kPatience);
  if (!lock) return Unexpected{directory_ + ": " + std::strerror(lock.error())};
  return std::move(*lock);
}

Expected<Unit, std::string> RequestStore::write(const std::string& path, const std::string& text) const {
  auto file = AtomicFile::create(path, 0600);
  if (!file) return Unexpected{file.error()};
  if (auto written = file->write(as_bytes(text), 0); !written) return written;
  return file->commit();
}

Expected<Unit, std::string> RequestStore::add(const Request& request) const {
  return write(path_of(request), spelled(request));
}

Expected<Unit, std::string> RequestStore::decide(const Request& request, bool approved, Time now) const {
  auto content = read();
  if (!content) return Unexpected{content.error()};
  std::vector<Decision>& decisions = content->decisions;
  std::erase_if(decisions,
                [&](const Decision& one) { return one.approved && now - one.when > kApprovedLife; });
  decisions.push_back({approved, now, request.name(), request.account});
  if (auto written = write(directory_ + kDecided, spelled(decisions)); !written) return written;
  const std::string path = path_of(request);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return Unexpected{failed(path)};
  return Unit{};
}

}  // namespace jpki::ctl::card
