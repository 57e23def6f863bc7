// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/problem_explanations.h"

namespace jpki::ctl {

// clang-format off
ProblemExplanation explanation_of(crl_refresh::Problem problem) noexcept {
  using crl_refresh::Problem;
  switch (problem) {
    case Problem::kNotFetched:
      return {"crl-not-fetched",
              {"A CRL could not be downloaded; the one of the last run stays in force until it is too old.",
               "None of the download's URLs gave a document: server down, name unknown, address not allowed, or disk full.",
               "Try the URL that the line names; check [[crl]] urls and [[fetch.rewrite]] in jpki.toml."}};
    case Problem::kNotReadable:
      return {"crl-file-not-readable",
              {"A file of a CRL or of an intermediate certificate was passed over.",
               "It cannot be read, is a link, belongs to somebody else, or others may write it.",
               "Run what the line ends with (chmod, chown), or remove the file."}};
    case Problem::kMalformed:
      return {"crl-malformed",
              {"A file holds no CRL that may be used; the one of the last run stays in force.",
               "Cut short while it was copied, an error page instead of a CRL, or a CRL that breaks RFC 5280.",
               "Fetch it again; when that repeats, tell the CA."}};
    case Problem::kSignerUnknown:
      return {"crl-signer-unknown",
              {"No certificate here may have signed the CRL; it does not count.",
               "Its CA is no anchor with the function revocation-data and no intermediate, or its generation is retired.",
               "Run: jpkictl anchor list; add the CA's certificate as an anchor or in intermediates.d."}};
    case Problem::kSignatureInvalid:
      return {"crl-signature-invalid",
              {"The CRL was signed by none of those that may sign it; it does not count.",
               "Damaged, exchanged on its way, or of another generation of the CA with the same name.",
               "Fetch it again from the CA's publication; when that repeats, treat the source as compromised."}};
    case Problem::kAlgorithmWeak:
      return {"crl-algorithm-weak",
              {"The CRL's signature is not accepted; it does not count.",
               "SHA-1, MD5 or a short key.",
               "Ask the CA for a CRL signed with a current algorithm."}};
    case Problem::kNotUsable:
      return {"crl-not-usable",
              {"The CRL cannot be applied to anybody; it does not count.",
               "It has no nextUpdate, or a critical extension that this product does not know.",
               "Tell the CA; see whether it publishes another form of the CRL."}};
    case Problem::kNotYetValid:
      return {"crl-not-yet-valid",
              {"The CRL's thisUpdate is still to come; it does not count yet.",
               "This machine's clock is late, or the CA publishes in advance.",
               "Check the clock: timedatectl."}};
    case Problem::kStale:
      return {"crl-stale",
              {"The CRL is past its nextUpdate or past max_age_hours; it does not count any more.",
               "The CA or the mirror publishes no newer one, or this machine's clock is ahead.",
               "Look at the source for a newer CRL; check the clock: timedatectl."}};
    case Problem::kGoesBack:
      return {"crl-goes-back",
              {"The file is older than the CRL that it would replace, which stays in force.",
               "A mirror with an old copy, a restored backup, or an attempt to hide a revocation.",
               "Fetch the current one; only if the CA really went back, run: jpki-crl-refresh --rebuild."}};
    case Problem::kIndexDamaged:
      return {"crl-index-damaged",
              {"The index of the last run could not be used; this run compiled everything anew.",
               "Disk errors, or another program wrote the file.",
               "Check the disk; nothing else when the run ended with a new index."}};
    case Problem::kStateNotKept:
      return {"crl-state-not-kept",
              {"What was fetched cannot be remembered: the next run downloads everything again.",
               "The disk is full, or the CRL directory cannot be written.",
               "Make room, or correct the directory's owner as the line says."}};
    case Problem::kOtherCrl:
      return {"crl-is-another",
              {"A download is another CRL than it was, or another file already has it; it does not count.",
               "The CA changed the address, or two downloads have each other's URLs.",
               "Compare the urls of [[crl]] in jpki.toml with the CA's publication."}};
    case Problem::kDropped:
      return {"crl-dropped",
              {"A CRL of the last run is too old and has no file any more; certificates that need it are refused.",
               "Its file was removed, or its download taken out of jpki.toml.",
               "Put a current CRL back, unless it is not needed any more."}};
    case Problem::kBusy:
      return {"crl-refresh-busy",
              {"Another jpki-crl-refresh is running; this one did nothing.",
               "The timer and a run by hand met.",
               "Wait for it; look for one that hangs: systemctl status jpki-crl-refresh."}};
    case Problem::kNotSetUp:
      return {"crl-refresh-not-set-up",
              {"jpki-crl-refresh cannot work; the last index stays.",
               "jpki.toml, the anchors, a directory or the helper's user is missing or wrong.",
               "Correct what the line names; run: jpkictl check."}};
    case Problem::kNotWritten:
      return {"crl-index-not-written",
              {"The new index could not be written; the last one stays.",
               "The disk is full, or failed.",
               "Make room in the directory that the line names and run jpki-crl-refresh again."}};
  }
  return {};
}

ProblemExplanation explanation_of(ad::ldap::Failure failure) noexcept {
  using ad::ldap::Failure;
  switch (failure) {
    case Failure::kNoController:
      return {"ad-no-controller",
              {"No domain controller is known; the last snapshots stay.",
               "[directory] has no servers, and DNS has no SRV record of the domain.",
               "Check the machine's name server, or list servers in ad.toml."}};
    case Failure::kUnreachable:
      return {"ad-unreachable",
              {"A domain controller did not answer in time.",
               "It is down, the network is, or a firewall drops the connection.",
               "Nothing while another one answers; else check network and controller."}};
    case Failure::kTls:
      return {"ad-tls",
              {"The controller's TLS could not be trusted.",
               "Its certificate is of another CA than the one in ad.toml, expired, or has another name.",
               "Put the right CA into the file that ad.toml names; renew the controller's certificate."}};
    case Failure::kCredentials:
      return {"ad-credentials",
              {"The directory does not know this machine.",
               "The keytab or password is missing or readable by others, was changed, or the account is gone.",
               "Join the machine again, or make a new keytab; check with: kinit -k."}};
    case Failure::kClock:
      return {"ad-clock",
              {"Kerberos refuses: the two clocks differ by more than five minutes.",
               "This machine or the controller does not keep time.",
               "Check both with timedatectl; start a time service."}};
    case Failure::kInterrupted:
      return {"ad-interrupted",
              {"The controller stopped in the middle of an answer; what came of it was thrown away.",
               "A restart, a network fault, or a controller under load.",
               "Nothing when the next run works; else look at the controller's log."}};
    case Failure::kRefused:
      return {"ad-refused",
              {"The controller answered a search with an error.",
               "A base DN that does not exist, a filter with a mistake, or missing rights.",
               "Check [directory] in ad.toml; try the search with ldapsearch."}};
    case Failure::kAnswer:
      return {"ad-answer",
              {"An answer was not what a domain controller says; it was thrown away.",
               "Another LDAP server at that address, or something between that changes answers.",
               "Check [directory] servers in ad.toml, and who answers there."}};
  }
  return {};
}

ProblemExplanation explanation_of(ad::refresh::Problem problem) noexcept {
  using ad::refresh::Problem;
  switch (problem) {
    case Problem::kBusy:
      return {"ad-refresh-busy",
              {"Another nss-ad-refresh is running; this one did nothing.",
               "The timer and a run by hand met.",
               "Wait for it; look for one that hangs: systemctl status nss-ad-refresh."}};
    case Problem::kNotSetUp:
      return {"ad-refresh-not-set-up",
              {"nss-ad-refresh cannot work; the last snapshots stay.",
               "ad.toml, a directory or a privilege is missing or wrong.",
               "Correct what the line names."}};
    case Problem::kNotWritten:
      return {"ad-snapshots-not-written",
              {"The snapshots could not be written; the last ones stay.",
               "The disk is full, or failed.",
               "Make room in the directory that the line names and run nss-ad-refresh again."}};
    case Problem::kStateNotKept:
      return {"ad-state-not-kept",
              {"What was read cannot be remembered, or was not: the next run reads everything.",
               "The disk is full, or the state file was damaged.",
               "Make room; nothing else when the snapshots were written."}};
    case Problem::kTooLong:
      return {"ad-refresh-too-long",
              {"The run took longer than total_timeout_seconds and was given up; the last snapshots stay.",
               "A slow controller or network, or more accounts than ever.",
               "Narrow the base DNs and filters in ad.toml, or raise the time-out."}};
    case Problem::kLdif:
      return {"ad-ldif",
              {"The LDIF file cannot be read; the last snapshots stay.",
               "It is missing, others may write it, or a line is no LDIF.",
               "Correct the line that is named; write the file with ldapsearch -LLL."}};
    case Problem::kFewer:
      return {"ad-far-fewer",
              {"The directory shows far fewer accounts than the last time; the last snapshots stay.",
               "Rights or filters have changed, or the controller is not complete.",
               "When the accounts really are gone, run: nss-ad-refresh --accept-fewer; else correct the rights."}};
  }
  return {};
}

ProblemExplanation explanation_of(ad::ObjectProblem problem) noexcept {
  using ad::ObjectProblem;
  switch (problem) {
    case ObjectProblem::kMalformed:
      return {"ad-object-malformed",
              {"An object of the directory was left out.",
               "An attribute that is needed (objectSid, sAMAccountName) is missing or has no value of its syntax.",
               "Correct the object in the directory."}};
    case ObjectProblem::kNameUnusable:
      return {"ad-name-unusable",
              {"An object was left out: its name cannot be the name of an account here.",
               "The name has a colon, a control character, a slash, or is empty or too long.",
               "Rename it in the directory, or exclude it with a filter in ad.toml."}};
    case ObjectProblem::kNameDuplicate:
      return {"ad-name-duplicate",
              {"Several objects have one name; all of them were left out.",
               "Two domains or base DNs hold the same sAMAccountName, in any case of letters.",
               "Rename one, or narrow the base DNs in ad.toml."}};
    case ObjectProblem::kIdWouldChange:
      return {"ad-id-would-change",
              {"An object was left out: its id would be another one than before, and its files somebody else's.",
               "The id scheme or its range was changed, or uidNumber was edited in the directory.",
               "Run: jpkictl idmap explain NAME; then jpkictl idmap audit PATH before the change is allowed."}};
    case ObjectProblem::kIdTaken:
      return {"ad-id-taken",
              {"Two objects would have one id; all of them were left out.",
               "The same uidNumber or gidNumber twice, or ranges of two domains that overlap.",
               "Correct the numbers in the directory, or the ranges in ad.toml."}};
    case ObjectProblem::kIdLocal:
      return {"ad-id-local",
              {"An object was left out: /etc/passwd or /etc/group gives its id to somebody else.",
               "The range of ad.toml overlaps with the ids of this machine.",
               "Choose another range, or remove the local account."}};
    case ObjectProblem::kIdMissing:
      return {"ad-id-missing",
              {"An object was left out: the id scheme gives it no id.",
               "With rfc2307: no uidNumber or gidNumber; with the others: a RID outside of the range.",
               "Give it a number in the directory, or widen the range in ad.toml."}};
    case ObjectProblem::kNameLocal:
      return {"ad-name-local",
              {"An object was left out: this machine has an account of that name with another id.",
               "A local account from before the directory.",
               "Remove or rename the local account after its files were given over."}};
    case ObjectProblem::kPrimaryGroupUnknown:
      return {"ad-primary-group-unknown",
              {"A user was left out: the primary group has no id here.",
               "The group is outside of the base DNs or filters, or was itself left out.",
               "Take the group in, or see why it was left out in the lines before."}};
    case ObjectProblem::kFieldUnusable:
      return {"ad-field-unusable",
              {"A home or shell cannot stand in a passwd entry, so the user was left out; a gecos was emptied.",
               "It has a colon or a control character, or is no absolute path.",
               "Correct the attribute in the directory, or the template in ad.toml."}};
    case ObjectProblem::kGroupCycle:
      return {"ad-group-cycle",
              {"Groups contain each other; everybody in them is a member of all of them.",
               "A mistake in the directory.",
               "Take one of the groups out of the other."}};
    case ObjectProblem::kMappingMalformed:
      return {"ad-mapping-malformed",
              {"A value of altSecurityIdentities binds no certificate.",
               "It is no mapping string that Windows knows (X509:…).",
               "Correct it in the directory: X509:<I>issuer<SR>serial, X509:<SKI>… or X509:<SHA1-PUKEY>…."}};
    case ObjectProblem::kMappingWeak:
      return {"ad-mapping-weak",
              {"A weak mapping string binds no certificate.",
               "X509:<I>…<S>…, <S>… and <RFC822>… can be forged by another CA's certificate and are not in weak_forms.",
               "Replace it by <I>…<SR>…, <SKI> or <SHA1-PUKEY>."}};
    case ObjectProblem::kMappingAmbiguous:
      return {"ad-mapping-ambiguous",
              {"One mapping string stands under several accounts; that certificate is refused for all of them.",
               "A copied account, or a card that was given on.",
               "Remove the string from all accounts but one."}};
  }
  return {};
}
// clang-format on

std::optional<ProblemExplanation> problem_explanation(std::uint16_t number) noexcept {
  // An enumeration with a fixed underlying type takes any number; those that it does not name have no name
  // here.
  for (const ProblemExplanation& one : {explanation_of(static_cast<crl_refresh::Problem>(number)),
                                        explanation_of(static_cast<ad::ldap::Failure>(number)),
                                        explanation_of(static_cast<ad::refresh::Problem>(number)),
                                        explanation_of(static_cast<ad::ObjectProblem>(number))}) {
    if (one.name != nullptr) return one;
  }
  return std::nullopt;
}

}  // namespace jpki::ctl
