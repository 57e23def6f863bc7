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
  report.path.push_back({x509::to_ad_string(verified.leaf().subject())});
  for (const x509::Certificate* certificate : verified.chain())
    report.path.push_back({x509::to_ad_string(certificate->subject())});
}

// The path alone.
StatusReport check_path(const ValidationRequest& request) {
  auto path = path::validate_path(request.certificate, request.untrusted, request.anchors, request.policy,
                                  request.when);
  if (path) return {.verdict = Verdict::kAccepted, .path = *std::move(path)};
  return {.verdict = path.error().verdict, .clause = path.error().clause, .tried = path.error().tried};
}

StatusReport judge(const ValidationRequest& request) {
  if (request.revocation == Revocation::kNotAsked) return check_path(request);
  return request.evidence.judge(request.certificate, request.untrusted, request.anchors, request.policy,
                                request.revocation == Revocation::kCrlsOnly, request.when);
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
  StatusReport status = judge(request);
  if (status.path) describe_path(*status.path, report);
  report.evidence = std::move(status.evidence);
  report.tried = std::move(status.tried);
  if (status.verdict != Verdict::kAccepted) {
    refuse(report, status.verdict, std::move(status.clause));
    return report;
  }
  report.verdict = Verdict::kAccepted;
  report.clause = request.revocation == Revocation::kNotAsked
                      ? "RFC 5280 6.1: the path is valid; revocation was not checked"
                      : "RFC 5280 6.1: the path is valid, and no certificate in it is revoked";
  return report;
}

}  // namespace jpki::ctl
