// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/findings.h"

#include "base/ascii_case.h"
#include "base/mapping/mapping_text.h"
#include "jpkictl/words.h"

#include <algorithm>

namespace jpki::ctl::card {
namespace {

using Kind = Finding::Kind;

class Search {
 public:
  explicit Search(const Facts& facts) : facts_(facts) {}

  std::vector<Finding> run() {
    for (const std::string& where : facts_.malformed) found_.push_back({Kind::kMalformed, {}, where});
    doubles(facts_.local);
    doubles(facts_.directory);
    by_certificates();
    conflicts();
    for (const auto* all : {&facts_.local, &facts_.directory})
      for (const Held& held : *all) alone(held);
    std::ranges::stable_sort(found_, {}, &Finding::kind);
    return std::move(found_);
  }

 private:
  void add(Kind kind, const Held& held) {
    Finding finding{kind, held.account, held.where};
    if (std::ranges::find(found_, finding) == found_.end()) found_.push_back(std::move(finding));
  }

  // Binary search over a sorted copy: a map may have some 250,000 lines.
  void doubles(std::vector<Held> all) {
    std::ranges::stable_sort(all, {}, &Held::mapping);
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (all[i].mapping != all[i - 1].mapping) continue;
      if (all[i].account == all[i - 1].account) {
        found_.push_back({Kind::kTwice, all[i].account, all[i].where});
      } else {
        add(Kind::kDouble, all[i - 1]);
        add(Kind::kDouble, all[i]);
      }
    }
  }

  std::vector<const Held*> holders(const std::vector<Held>& all,
                                   const Facts::Certificate& certificate) const {
    std::vector<const Held*> found;
    for (const Held& held : all)
      if (std::ranges::find(certificate.mappings, held.mapping) != certificate.mappings.end())
        found.push_back(&held);
    return found;
  }

  // Different strings of one certificate may lead to two accounts.
  void by_certificates() {
    for (const Facts::Certificate& certificate : facts_.certificates)
      for (const auto* all : {&facts_.local, &facts_.directory}) {
        const auto held = holders(*all, certificate);
        for (const Held* one : held) {
          if (one->account != held.front()->account) {
            add(Kind::kDouble, *held.front());
            add(Kind::kDouble, *one);
          }
          if (certificate.expired) add(Kind::kStale, *one);
        }
      }
  }

  void conflicts() {
    std::vector<Held> sorted = facts_.directory;
    std::ranges::stable_sort(sorted, {}, &Held::mapping);
    for (const Held& held : facts_.local)
      for (const Held& other : std::ranges::equal_range(sorted, held.mapping, {}, &Held::mapping))
        if (!equal_ignoring_case(other.account, held.account)) add(Kind::kConflict, held);
  }

  void alone(const Held& held) {
    if (!mapping::canonical_mapping(held.mapping)) add(Kind::kWeak, held);
    const auto shared = [&](const std::string& issuer) { return held.mapping.starts_with(issuer); };
    if (std::ranges::any_of(facts_.shared_issuers, shared)) add(Kind::kUnusable, held);
    if (facts_.exists && !facts_.exists(held.account)) add(Kind::kNoAccount, held);
  }

  const Facts& facts_;
  std::vector<Finding> found_;
};

const char* msgid_of(Kind kind) {
  switch (kind) {
    case Kind::kMalformed:
      return N_("{where}; the line binds nobody: mend it or remove it");
    case Kind::kDouble:
      return N_(
          "{where}: a card of {account} is also registered to another account, so it logs nobody in; take it "
          "back "
          "from the wrong one (jpkictl card revoke)");
    case Kind::kTwice:
      return N_("{where}: the same card is registered to {account} twice; one of the two can go");
    case Kind::kConflict:
      return N_(
          "{where}: Active Directory has this card of {account} for another account, so it logs nobody in; "
          "take it "
          "back from the wrong one");
    case Kind::kWeak:
      return N_(
          "{where}: a card of {account} is bound by name or mail address, which others may get too; register "
          "the "
          "card again and remove that value");
    case Kind::kUnusable:
      return N_(
          "{where}: a card of {account} is bound by issuer and serial number, which is refused for MyNumber "
          "cards; "
          "register it again and take this back");
    case Kind::kNoAccount:
      return N_(
          "{where}: the account {account} does not exist here; take its cards back, or move them to its new "
          "name");
    case Kind::kStale:
      return N_(
          "{where}: the certificate of this card of {account} has expired; take it back when the new one is "
          "registered");
  }
  return "";
}

}  // namespace

std::string_view name_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::kMalformed:
      return "malformed";
    case Kind::kDouble:
      return "double";
    case Kind::kTwice:
      return "twice";
    case Kind::kConflict:
      return "conflict";
    case Kind::kWeak:
      return "weak";
    case Kind::kUnusable:
      return "unusable";
    case Kind::kNoAccount:
      return "no-account";
    case Kind::kStale:
      return "stale";
  }
  return "";
}

std::vector<Finding> find_faults(const Facts& facts) {
  return Search(facts).run();
}

std::string text_of(const Finding& finding) {
  return say(msgid_of(finding.kind), {{"{where}", finding.where}, {"{account}", finding.account}});
}

}  // namespace jpki::ctl::card
