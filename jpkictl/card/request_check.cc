// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/request_check.h"

#include "base/hex.h"
#include "base/program/ordinary_account.h"
#include "jpkictl/card/desk.h"
#include "jpkictl/card/request_keys.h"
#include "jpkictl/card/waiting.h"
#include "validator/succession/feed.h"
#include "validator/x509/digest.h"

#include <algorithm>

namespace jpki::ctl::card {
namespace {

// Nothing: this computer takes no requests from there.
Expected<std::optional<std::string>, Trouble> public_key_of(const std::string& host, const FileTrust& trust) {
  const auto pem = read_trusted_file(std::string(kRequestHosts) + '/' + host + ".pem", trust);
  if (pem) return std::optional(std::string(as_text(*pem)));
  if (pem.error().reason == FileError::Reason::kMissing) return std::optional<std::string>();
  return Unexpected{could_not(pem.error().text)};
}

Expected<Unit, Trouble> check_who_asks(const Request& request, const Site& site,
                                       const RequestStore::Content& content, const Context& context) {
  auto key = public_key_of(request.host, context.trust);
  if (!key) return Unexpected{key.error()};
  const auto overlay = entries_of(site);
  if (!overlay) return Unexpected{overlay.error()};
  return may_wait(request, {.now = context.now,
                            .public_key = std::move(*key),
                            .decisions = content.decisions,
                            .waiting = content.waiting,
                            .overlay = *overlay,
                            .ordinary = [&](const std::string& account) {
                              return is_ordinary_account(account, site.config.self_registration.never_groups);
                            }});
}

Expected<std::vector<Held>, Trouble> of_account(const Request& request, const Site& site) {
  auto held = site.registry->of_account(request.account);
  if (!held) return held;
  auto all = held_in_snapshot(site, {});
  if (!all) return all;
  std::ranges::copy_if(*all, std::back_inserter(*held), [&](const Held& one) {
    return site.registry->is_same_account(one.account, request.account);
  });
  return held;
}

Expected<BoundFacts, Trouble> bound_facts(const Request& request,
                                          const registration::CardReading& certificate, const Site& site) {
  std::vector<std::string> names = certificate.mappings;
  names.push_back(request.name());
  auto of_card = held_anywhere(site, names);
  if (!of_card) return Unexpected{of_card.error()};
  auto of_older = request.is_renewal() ? held_anywhere(site, request.old_names) : std::vector<Held>();
  if (!of_older) return Unexpected{of_older.error()};
  auto of_all = of_account(request, site);
  if (!of_all) return Unexpected{of_all.error()};
  BoundFacts facts{std::move(*of_card), std::move(*of_older), std::move(*of_all)};
  if (const std::string& feed = site.config.succession.feed; request.is_renewal() && !feed.empty()) {
    names.push_back(std::string(succession::kSha256Prefix) + to_hex(x509::sha256(request.certificate)));
    facts.feed = succession::Feed(feed).answer(names);
  }
  for (auto* held : {&facts.of_card, &facts.of_older})
    for (Held& one : *held)
      if (site.registry->is_same_account(one.account, request.account)) one.account = request.account;
  return facts;
}

}  // namespace

Expected<registration::CardReading, Trouble> check_request(const Request& request, const Site& site,
                                                           const RequestStore::Content& content,
                                                           const Context& context) {
  if (auto good = check_who_asks(request, site, content, context); !good) return Unexpected{good.error()};
  auto certificate = Desk(context, {}).check(request.certificate);
  if (!certificate) return certificate;
  const auto bound = bound_facts(request, *certificate, site);
  if (!bound) return Unexpected{bound.error()};
  if (auto good = may_be_bound(request, *certificate, *bound); !good) return Unexpected{good.error()};
  return certificate;
}

}  // namespace jpki::ctl::card
