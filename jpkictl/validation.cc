// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/validation.h"

#include "validator/x509/classify.h"

#include <algorithm>

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

void refuse(ValidationReport& report, Verdict verdict, std::string clause) {
  report.verdict = verdict;
  report.clause = std::move(clause);
}

bool is_wanted_kind(x509::Kind kind, const ValidationRequest& request) {
  if (request.policy.kind && kind != *request.policy.kind) return false;
  if (request.login_kinds.empty()) return true;
  return x509::is_login_kind(kind) &&
         std::ranges::find(request.login_kinds, kind) != request.login_kinds.end();
}

void describe_path(const path::VerifiedCertificate& verified, ValidationReport& report) {
  report.anchor = verified.anchor().name;
  report.path.clear();
  report.path.push_back({x509::to_ad_string(verified.leaf().subject())});
  for (const x509::Certificate* certificate : verified.chain())
    report.path.push_back({x509::to_ad_string(certificate->subject())});
}

// Nothing when the path is to be taken.
std::optional<path::Refusal> ask_status(const path::VerifiedCertificate& path,
                                        const ValidationRequest& request, ValidationReport& report) {
  describe_path(path, report);
  if (request.revocation == Revocation::kNotAsked) return std::nullopt;
  auto status = request.evidence.judge(path, request.untrusted, request.anchors,
                                       request.revocation == Revocation::kCrlsOnly, request.when);
  report.evidence = std::move(status.evidence);
  if (status.verdict == Verdict::kAccepted) return std::nullopt;
  return path::Refusal{status.verdict, std::move(status.clause)};
}

}  // namespace

ValidationReport validate(const ValidationRequest& request) {
  ValidationReport report;
  report.kind = x509::classify(request.certificate, request.kind_rules);
  if (!is_wanted_kind(*report.kind, request)) {
    refuse(report, x509::refusal_for(*report.kind),
           fmt::format("certificate of kind {}", x509::name_of(*report.kind)));
    return report;
  }
  const auto verified = path::validate_path(
      request.certificate, request.untrusted, request.anchors, request.policy, request.when,
      [&](const path::VerifiedCertificate& path) { return ask_status(path, request, report); });
  if (!verified) {
    refuse(report, verified.error().verdict, verified.error().clause);
    report.tried = verified.error().tried;
    return report;
  }
  report.verdict = Verdict::kAccepted;
  report.clause = request.revocation == Revocation::kNotAsked
                      ? "RFC 5280 6.1: the path is valid; revocation was not checked"
                      : "RFC 5280 6.1: the path is valid, and no certificate in it is revoked";
  return report;
}

}  // namespace jpki::ctl
