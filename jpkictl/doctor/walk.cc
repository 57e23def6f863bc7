// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The walk along the chain: which links are judged, in which order, and what is the cause of what.
#include "jpkictl/doctor/links.h"

#include <algorithm>
#include <cstdlib>

namespace jpki::ctl::doctor {
namespace {

bool contains(const std::vector<std::string_view>& ids, std::string_view id) {
  return std::ranges::find(ids, id) != ids.end();
}

// The links that can lead to `refusal`, and all that they need.
std::vector<std::string_view> suspects(std::span<const Link> links, Verdict refusal) {
  std::vector<std::string_view> ids;
  for (const Link& link : links)
    if (std::ranges::find(link.refusals, refusal) != link.refusals.end()) ids.push_back(link.id);
  for (std::size_t i = 0; i < ids.size(); ++i)
    for (const Link& link : links) {
      if (link.id != ids[i]) continue;
      for (const std::string_view need : link.needs)
        if (!contains(ids, need)) ids.push_back(need);
    }
  return ids;
}

// The first need that is not good; its own cause where it was not judged itself.
std::string_view cause_of(const Link& link, const std::vector<Finding>& judged) {
  for (const std::string_view need : link.needs) {
    const auto found = std::ranges::find(judged, need, &Finding::link);
    if (found == judged.end() || found->state == State::kGood) continue;
    return found->because.empty() ? found->link : found->because;
  }
  return {};
}

Finding judged(const Link& link, const Facts& facts, const std::vector<Finding>& before) {
  Finding finding;
  if (const auto cause = cause_of(link, before); !cause.empty()) {
    finding = could_not_tell({N_("not judged: look at {link} first"), {{"{link}", std::string(cause)}}});
    finding.because = cause;
  } else {
    finding = link.judge(facts);
  }
  finding.link = link.id;
  return finding;
}

}  // namespace

std::string_view name_of(State state) noexcept {
  switch (state) {
    case State::kGood:
      return "good";
    case State::kBad:
      return "bad";
    case State::kCouldNotTell:
      return "could-not-tell";
  }
  return {};
}

Finding good(Sentence seen) {
  return {.state = State::kGood, .seen = std::move(seen)};
}

Finding bad(Sentence seen, Remedy remedy, std::string detail) {
  return {.state = State::kBad,
          .seen = std::move(seen),
          .detail = std::move(detail),
          .remedy = std::move(remedy)};
}

Finding could_not_tell(Sentence seen, Remedy remedy, std::string detail) {
  return {.state = State::kCouldNotTell,
          .seen = std::move(seen),
          .detail = std::move(detail),
          .remedy = std::move(remedy)};
}

const FileFact& Facts::file(const std::string& path) const {
  static const FileFact missing;
  const auto found = files.find(path);
  return found == files.end() ? missing : found->second;
}

std::vector<Finding> walk(std::span<const Link> links, const Facts& facts, std::optional<Verdict> refusal) {
  std::vector<Finding> findings;
  const auto first = refusal ? suspects(links, *refusal) : std::vector<std::string_view>();
  for (const bool suspected : {true, false})
    for (const Link& link : links)
      if (contains(first, link.id) == suspected) findings.push_back(judged(link, facts, findings));
  return findings;
}

std::vector<Finding> walk(const Facts& facts, std::optional<Verdict> refusal) {
  return walk(all_links(), facts, refusal);
}

const Finding* first_bad(const std::vector<Finding>& findings) {
  const auto found = std::ranges::find(findings, State::kBad, &Finding::state);
  return found == findings.end() ? nullptr : &*found;
}

const Link& link_of(const Finding& finding) {
  const auto links = all_links();
  const auto found = std::ranges::find(links, finding.link, &Link::id);
  if (found == links.end()) std::abort();
  return *found;
}

}  // namespace jpki::ctl::doctor
