// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/succession/feed.h"

#include "base/text_lines.h"
#include "base/trimmed.h"
#include "base/whole_transfer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace jpki::succession {
namespace {

constexpr std::string_view kNone = "none";

bool begins_name(std::string_view text) {
  return text.starts_with("X509:") || text.starts_with(kSha256Prefix) ||
         text.substr(0, text.find_first_of(kBlanks)) == kNone;
}

// "NEW OLD…" cut before each word that begins a name.
std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  for (std::size_t at = line.find_first_of(kBlanks); at != line.npos; at = line.find_first_of(kBlanks, at)) {
    const auto next = line.find_first_not_of(kBlanks, at);
    if (next == line.npos) break;
    if (begins_name(line.substr(next))) {
      words.push_back(trimmed(line.substr(begin, at - begin)));
      begin = next;
    }
    at = next;
  }
  words.push_back(trimmed(line.substr(begin)));
  return words;
}

// Adds what a line says; why it says nothing.
std::optional<std::string> add_line(std::string_view line, const std::vector<std::string>& names, bool& none,
                                    std::vector<std::string>& old) {
  if (line.size() > kFeedLineLimit) return "longer than a line may be";
  line = trimmed(line);
  if (line.empty() || line.starts_with('#')) return std::nullopt;
  const auto words = words_of(line);
  const auto about = canonical_name(words[0], true);
  if (!about) return "does not begin with a certificate; write SHA256:… or a strong mapping string";
  if (words.size() < 2) return "names no older certificate; write NEW OLD, or NEW none";
  const bool meant = std::ranges::find(names, *about) != names.end();
  if (words[1] == kNone) {
    if (words.size() > 2) return "says none and more";
    none = none || meant;
    return std::nullopt;
  }
  for (std::size_t i = 1; i < words.size(); ++i) {
    auto name = canonical_name(words[i], false);
    if (!name) return "an older certificate needs a strong mapping string: X509:<SKI>…";
    if (*name == *about) return "a certificate in place of itself";
    if (meant && std::ranges::find(old, *name) == old.end()) old.push_back(std::move(*name));
  }
  return std::nullopt;
}

}  // namespace

Answer search_feed(std::string_view text, const std::vector<std::string>& names) {
  Answer answer;
  bool none = false;
  for (std::size_t number = 1; !text.empty(); ++number)
    if (const auto wrong = add_line(take_line(text), names, none, answer.old))
      return {Answer::Kind::kFailed, {}, ':' + std::to_string(number) + ": " + *wrong};
  if (answer.old.size() > kMostOld)
    return {Answer::Kind::kFailed, {}, ": names more older certificates than can be one"};
  if (none && !answer.old.empty())
    return {
        Answer::Kind::kFailed, {}, ": says both that there is an older certificate and that there is none"};
  if (none) answer.kind = Answer::Kind::kNone;
  if (!answer.old.empty()) answer.kind = Answer::Kind::kOld;
  return answer;
}

Feed::Feed(const std::string& path, uid_t owner) : path_(path) {
  auto fd = open_trusted_file(path, feed_trust(owner));
  if (!fd) {
    problem_ = fd.error().text;
  } else if (const auto size = size_of_file(*fd, path, kFeedLimit); !size) {
    problem_ = size.error().text;
  } else {
    fd_ = std::move(*fd);
  }
}

Answer Feed::answer(const std::vector<std::string>& names) const {
  if (!problem_.empty()) return {Answer::Kind::kFailed, {}, problem_};
  const auto failed = [&](const std::string& why) { return Answer{Answer::Kind::kFailed, {}, path_ + why}; };
  const auto size = size_of_file(fd_, path_, kFeedLimit);
  if (!size) return {Answer::Kind::kFailed, {}, size.error().text};
  Blob text(*size);
  const auto size_read = read_at(fd_.get(), text, 0);
  if (!size_read) return failed(std::string(": ") + std::strerror(errno));
  if (*size_read < text.size()) return failed(": became shorter while it was read");
  Answer found = search_feed(as_text(text), names);
  return found.kind == Answer::Kind::kFailed ? failed(found.cause) : found;
}

}  // namespace jpki::succession
