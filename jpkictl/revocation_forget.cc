// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl revocation forget CERT: the way back when a source called a certificate revoked by mistake, or
// without saying that it was only on hold.
#include "jpkictl/revocation_forget.h"

#include "jpkictl/announcement.h"
#include "jpkictl/input_file.h"
#include "jpkictl/interruption.h"
#include "jpkictl/json.h"
#include "validator/config/config.h"
#include "validator/revocation/file_memory.h"
#include "validator/revocation/pseudonym_key.h"
#include "validator/trust/certificate_file.h"
#include "validator/trust/trust_store.h"

#include <fmt/format.h>

namespace jpki::ctl {
namespace {

// Names of the memory's files follow from the issuer's key. All generations of a CA have one name.
std::vector<const x509::Certificate*> issuers_of(const x509::Certificate& certificate,
                                                 const trust::TrustStore& anchors,
                                                 const std::vector<x509::Certificate>& intermediates) {
  std::vector<const x509::Certificate*> issuers;
  const auto consider = [&](const x509::Certificate& authority) {
    if (names_equal(authority.subject(), certificate.issuer())) issuers.push_back(&authority);
  };
  for (const trust::Anchor& anchor : anchors) consider(anchor.certificate);
  for (const x509::Certificate& intermediate : intermediates) consider(intermediate);
  return issuers;
}

}  // namespace

ExitStatus revocation_forget(const std::string& file, const Context& context) {
  const auto config = config::load_config(context.config_file, context.trust);
  if (!config) return context.could_not_tell(config.error());
  auto key = revocation::load_pseudonym_key(config->pseudonym_key_file, context.trust);
  if (!key) return context.could_not_tell(key.error());
  const auto input = read_inputs({file});
  if (!input) return context.could_not_tell(input.error());
  if (context.become_helper)
    if (auto became = context.become_helper(); !became) return context.could_not_tell(became.error());

  const auto certificates = certificates_of(input->front());
  if (!certificates) return context.could_not_tell(certificates.error());
  if (certificates->size() != 1)
    return context.could_not_tell(file + ": must contain exactly one certificate");
  const auto anchors = trust::load_trust_store(config->anchors_directory, context.trust);
  if (!anchors) return context.could_not_tell(anchors.error());
  std::vector<std::string> passed_over;
  const auto intermediates =
      trust::load_intermediates(config->intermediates_directory, passed_over, context.trust);
  context.warn(passed_over);
  const auto issuers = issuers_of(certificates->front(), *anchors, intermediates);
  if (issuers.empty())
    return context.could_not_tell("neither an anchor nor an intermediate has the name of its issuer");

  const revocation::EvidenceDirectory evidence(config->evidence_directory, std::move(*key));
  const auto of_logins = evidence.of_logins_if_any();
  revocation::FileMemory memory(of_logins ? *of_logins : evidence, of_logins ? &evidence : nullptr);
  const HeldSignals whole;
  std::size_t count = 0;
  for (const x509::Certificate* issuer : issuers) {
    const auto forgotten = memory.forget(certificates->front(), *issuer);
    if (!forgotten) return context.could_not_tell(forgotten.error());
    count += *forgotten ? 1 : 0;
  }
  if (count == 0) return context.could_not_tell("there is no record that it was revoked");
  announce(Weight::kNotice,
           fmt::format("revocation forget: {} remembered revocation(s) of a certificate were removed by={}",
                       count, who_logged_in()));
  if (context.json) {
    context.print(print_json({{"result", "forgotten"}, {"count", count}}));
    return ExitStatus::kGood;
  }
  context.print(
      "forgotten; the sources decide again, but if a CRL or responder still reports it as revoked, it stays "
      "revoked\n");
  return ExitStatus::kGood;
}

}  // namespace jpki::ctl
