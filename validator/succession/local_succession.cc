// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/succession/local_succession.h"

#include "base/printable.h"
#include "validator/succession/decision.h"
#include "validator/succession/registrar_messages.h"

#include <algorithm>
#include <cstring>

#include <sys/socket.h>

namespace jpki::succession {
namespace {

constexpr std::chrono::seconds kOwnWork{5};  // of jpki-succession, beside the resolver's time

x509::Kind kind_of(const path::VerifiedCertificate& certificate) {
  return certificate.kind().value_or(x509::Kind::kJpkiAuthentication);
}

HelperProcess::Options options_of(const std::string& config_file) {
  return {.arguments = config_file.empty() ? std::vector<std::string>() : std::vector{config_file},
          .socket_type = SOCK_SEQPACKET};
}

}  // namespace

LocalSuccession::LocalSuccession(const config::SuccessionPolicy& policy, const map::AccountMap& accounts,
                                 Owners owners, const std::string& config_file, const std::string& program,
                                 OcspNeeds ocsp)
    : policy_(policy),
      accounts_(accounts),
      overlay_(read_overlay(policy.overlay_directory, owners.overlay)),
      registrar_(HelperProcess::start(program, options_of(config_file))),
      ocsp_(ocsp) {
  if (!policy.feed.empty()) feed_.emplace(policy.feed, owners.feed);
}

Expected<Proposal, std::string> LocalSuccession::propose(const path::VerifiedCertificate& certificate,
                                                         const std::string& named) const {
  if (!overlay_) return Unexpected{overlay_.error()};
  const x509::Kind kind = kind_of(certificate);
  const auto names = names_of(certificate.leaf(), kind);
  if (const Entry* const entry = pending_of(*overlay_, names)) {
    const auto account = accounts_.account_of_strings(entry->old_names, kind);
    if (!account) return Unexpected{"it stands in place of an older certificate: " + account.error().cause};
    return Proposal{*account, false};
  }
  std::vector<Claim> claims;
  if (feed_) claims.push_back({"feed", feed_->answer(names)});
  const bool feed_is_silent = !feed_ || claims[0].answer.kind == Answer::Kind::kUnknown;
  if (feed_is_silent && policy_.asks_elsewhere()) {
    if (named.empty())
      return Unexpected{std::string(
          "responders and the resolver are asked only for an account that was named before the PIN")};
    return Proposal{named, true};
  }
  // Who may be an account of this machine, pam_jpki.so asks before the PIN and jpki-succession after it.
  const auto found = decide({.kind = kind,
                             .names = names,
                             .issuer = issuer_of(certificate.leaf()),
                             .claims = std::move(claims),
                             .named = named,
                             .accounts = accounts_,
                             .overlay = *overlay_,
                             .ordinary = [](const std::string&) { return true; }});
  if (!found) return Unexpected{found.error()};
  return Proposal{found->account, true};
}

Expected<std::uint8_t, std::string> LocalSuccession::confirm(const path::VerifiedCertificate& certificate,
                                                             const std::string& account) {
  if (!registrar_)
    return Unexpected{std::string(kRegistrarProgram) + ": " + std::strerror(registrar_.error())};
  const UniqueFd socket = registrar_->take_socket();
  Blob packet(kMaxPacket);
  WireWriter out(packet);
  write(out, Question{kind_of(certificate), account, to_blob(certificate.leaf().der())});
  if (out.overflow() || ::send(socket.get(), packet.data(), out.used(), MSG_NOSIGNAL) < 0)
    return Unexpected{std::string("jpki-succession cannot be asked")};
  const auto patience = policy_.resolver_timeout + ocsp_.patience + kOwnWork;
  const auto size = receive_packet(socket, packet, Deadline::after(patience));
  if (!size) return Unexpected{std::string("jpki-succession did not answer in time")};
  const auto reply = read_reply(Bytes(packet).first(*size));
  if (!reply) return Unexpected{std::string("jpki-succession ended without an answer")};
  if (!reply->registered) return Unexpected{printable(reply->cause)};
  return reply->overlap_days;
}

// What cannot be kept is missed when it is replaced, and nobody is refused for it now.
void LocalSuccession::keep(const path::VerifiedCertificate& certificate, Time now) const {
  if (policy_.ocsp_extension.empty() || ocsp_.of_logins == nullptr) return;
  (void)KnownCertificates(*ocsp_.of_logins).keep(certificate.leaf(), certificate.issuer(), now);
}

Expected<bool, std::string> LocalSuccession::still_counts(const path::VerifiedCertificate& certificate,
                                                          Time now) const {
  if (!overlay_) return Unexpected{overlay_.error()};
  const Entry* const entry = successor_of(*overlay_, names_of(certificate.leaf(), kind_of(certificate)));
  return entry == nullptr || now <= entry->until;
}

}  // namespace jpki::succession
