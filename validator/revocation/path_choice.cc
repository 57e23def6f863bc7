// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/revocation/path_choice.h"

namespace jpki::revocation {
namespace {

using path::PathError;
using path::Refusal;
using path::VerifiedCertificate;

// What no other path could change.
bool is_final(const RevocationError& error) {
  return error.verdict == Verdict::kRevocationMemoryUnusable ||
         (error.verdict == Verdict::kRevoked && error.depth == 0);
}

class Choice {
 public:
  Choice(RevocationCheck& check, Time now) : check_(check), now_(now) {}

  // path::Accept
  std::optional<Refusal> judge(const VerifiedCertificate& path);
  Expected<VerifiedCertificate, PathError> conclude(Expected<VerifiedCertificate, PathError> found);

 private:
  RevocationCheck& check_;
  Time now_;
  unsigned looks_ = 0;
  std::optional<VerifiedCertificate> hope_;  // the first of which nothing is known, neither good nor revoked
  unsigned hope_at_ = 0;                     // which look it was
  std::optional<PathError> final_;
};

std::optional<Refusal> Choice::judge(const VerifiedCertificate& path) {
  if (looks_ == kMaxLooks)
    return Refusal{Verdict::kRevocationUnknown, "path building: too many paths to look at", true};
  ++looks_;
  const auto good = check_.look(path, now_);
  if (!good) {
    const RevocationError& error = good.error();
    const bool ends = is_final(error);
    if (ends) final_ = {error.verdict, error.clause, {}, path.anchor().name, true};
    return Refusal{error.verdict, error.clause, ends};
  }
  if (*good) return std::nullopt;
  if (!hope_) {
    hope_ = path;
    hope_at_ = looks_;
  }
  return Refusal{Verdict::kRevocationUnknown, "no CRL at hand calls every authority of the path good"};
}

Expected<VerifiedCertificate, PathError> Choice::conclude(Expected<VerifiedCertificate, PathError> found) {
  if (final_) {
    final_->tried = std::move(found.error().tried);
    return Unexpected{*std::move(final_)};
  }
  if (found || !hope_) return found;
  if (hope_at_ != looks_)
    if (const auto again = check_.look(*hope_, now_); !again)
      return Unexpected{PathError{again.error().verdict, again.error().clause, std::move(found.error().tried),
                                  hope_->anchor().name, true}};
  return *std::move(hope_);
}

}  // namespace

Expected<VerifiedCertificate, PathError> choose_path(const x509::Certificate& leaf,
                                                     std::span<const x509::Certificate> pool,
                                                     const trust::TrustStore& anchors,
                                                     const path::PathPolicy& policy, Time now,
                                                     RevocationCheck& check) {
  Choice choice(check, now);
  return choice.conclude(path::validate_path(
      leaf, pool, anchors, policy, now, [&](const VerifiedCertificate& path) { return choice.judge(path); }));
}

}  // namespace jpki::revocation
