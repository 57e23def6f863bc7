// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/account_search.h"

namespace jpki::engine {
namespace {

Refusal refusal_of(const map::MapError& error) {
  return {error.verdict, error.cause};
}

Expected<FoundAccount, Refusal> by_succession(const map::MapError& unbound, const CheckedPath& path,
                                              const Start& start, const Services& services, Record& record) {
  const Refusal refusal = refusal_of(unbound);
  if (services.succession == nullptr || unbound.verdict != Verdict::kNotMapped) return Unexpected{refusal};
  auto proposal = services.succession->propose(path.certificate, start.user);
  if (!proposal) return Unexpected{Refusal{unbound.verdict, "succession: " + proposal.error()}};
  // Who unlocks without a PIN registers nothing.
  if (proposal->to_be_confirmed && start.purpose != Purpose::kLogin) return Unexpected{refusal};
  record.succession = proposal->to_be_confirmed ? "proposed" : "known";
  return FoundAccount{.account = std::move(proposal->account),
                      .to_be_registered = proposal->to_be_confirmed,
                      .registrable = {}};
}

// Registered by its holder, at this machine, or else in place of an older one.
Expected<FoundAccount, Refusal> by_holder(const map::MapError& unbound, const CheckedPath& path,
                                          const Start& start, const Services& services, Record& record) {
  if (services.self_registration == nullptr || unbound.verdict != Verdict::kNotMapped)
    return by_succession(unbound, path, start, services, record);
  auto account = services.self_registration->account_of(path.certificate);
  if (account) {
    record.self_registration = "known";
    return FoundAccount{.account = std::move(*account), .registrable = {}};
  }
  auto found = by_succession(unbound, path, start, services, record);
  if (found || account.error().verdict == Verdict::kNotMapped) return found;
  return Unexpected{Refusal{account.error().verdict, account.error().cause}};
}

// After the overlap the older certificate is as if it were not registered.
Expected<FoundAccount, Refusal> unless_replaced(std::string account, const CheckedPath& path,
                                                const Services& services, Record& record) {
  FoundAccount found{.account = std::move(account), .is_bound = true, .registrable = {}};
  if (services.succession == nullptr) return found;
  const auto counts = services.succession->still_counts(path.certificate, services.clock.now());
  if (!counts) return Unexpected{Refusal{Verdict::kMapUnusable, counts.error()}};
  if (*counts) return found;
  record.succession = "over";
  return Unexpected{Refusal{Verdict::kNotMapped,
                            "succession: another certificate stands in its place, and the overlap is over"}};
}

}  // namespace

Expected<FoundAccount, Refusal> find_account(const CheckedPath& path, const Start& start,
                                             const Services& services, Record& record) {
  auto account = services.accounts.account_of(path.certificate);
  if (!account) return by_holder(account.error(), path, start, services, record);
  return unless_replaced(std::move(*account), path, services, record);
}

Expected<FoundAccount, Refusal> find_bound_account(const CheckedPath& path, const Services& services,
                                                   Record& record) {
  auto account = services.accounts.account_of(path.certificate);
  if (!account) return Unexpected{refusal_of(account.error())};
  return unless_replaced(std::move(*account), path, services, record);
}

Expected<FoundAccount, Refusal> find_registrable(const CheckedPath& path, const Start& start,
                                                 const Services& services, Record& record) {
  const auto refuse = [](std::string cause) {
    return Unexpected{Refusal{Verdict::kRegistrationRefused, std::move(cause)}};
  };
  if (services.self_registration == nullptr)
    return refuse("[self_registration] in jpki.toml does not offer it");
  if (start.user.empty()) return refuse("no account is named");
  const auto bound = services.accounts.account_of(path.certificate);
  if (bound) return refuse("a map binds the certificate already");
  if (bound.error().verdict != Verdict::kNotMapped) return Unexpected{refusal_of(bound.error())};
  auto name = services.self_registration->offer(path.certificate, start.user);
  if (!name) return refuse(name.error());
  record.self_registration = "offered";
  return FoundAccount{.account = start.user, .registrable = std::move(*name)};
}

}  // namespace jpki::engine
