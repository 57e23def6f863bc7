// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/problem_explanations.h"

namespace jpki::ctl {

// clang-format off
ProblemExplanation explanation_of(crl_refresh::Problem problem) noexcept {
  using crl_refresh::Problem;
  switch (problem) {
    case Problem::kNotFetched:
      return {"crl-not-fetched",
              {"A CRL could not be downloaded; the CRL of the last run stays in force until it is too old.",
               "None of the download's URLs returned a document: server down, unknown name, address not allowed, or disk "
               "full.",
               "Try the URL shown in the line; check [[crl]] urls and [[fetch.rewrite]] in jpki.toml."}};
    case Problem::kNotReadable:
      return {"crl-file-not-readable",
              {"A file with a CRL or an intermediate certificate was skipped.",
               "It cannot be read, is a link, belongs to another user, or can be written by others.",
               "Run the command at the end of the line (chmod, chown), or remove the file."}};
    case Problem::kMalformed:
      return {"crl-malformed",
              {"A file contains no usable CRL; the CRL of the last run stays in force.",
               "A truncated copy, an error page instead of a CRL, or a CRL that violates RFC 5280.",
               "Fetch it again; if that does not help, inform the CA."}};
    case Problem::kSignerUnknown:
      return {"crl-signer-unknown",
              {"No certificate on this machine is allowed to sign this CRL, so it is ignored.",
               "Its CA is neither an anchor with the function revocation-data nor an intermediate, or its generation is "
               "retired.",
               "Run: jpkictl anchor list; add the CA's certificate as an anchor or in intermediates.d."}};
    case Problem::kSignatureInvalid:
      return {"crl-signature-invalid",
              {"None of the certificates that may sign this CRL did so; it is ignored.",
               "The CRL is damaged, was replaced on the way, or comes from another generation of the CA with the same "
               "name.",
               "Fetch it again from the CA's publication; if that does not help, treat the source as compromised."}};
    case Problem::kAlgorithmWeak:
      return {"crl-algorithm-weak",
              {"The algorithm of the CRL's signature is not accepted; the CRL is ignored.",
               "SHA-1, MD5 or a short key.",
               "Ask the CA for a CRL signed with a current algorithm."}};
    case Problem::kNotUsable:
      return {"crl-not-usable",
              {"The CRL cannot be applied to any certificate; it is ignored.",
               "It has no nextUpdate, or has a critical extension unknown to this product.",
               "Inform the CA; find out whether it publishes the CRL in another form."}};
    case Problem::kNotYetValid:
      return {"crl-not-yet-valid",
              {"The CRL's thisUpdate is in the future; it is ignored until then.",
               "This machine's clock is slow, or the CA publishes in advance.",
               "Check the clock: timedatectl."}};
    case Problem::kStale:
      return {"crl-stale",
              {"The CRL is past its nextUpdate or older than max_age_hours; it is now ignored.",
               "The CA or the mirror has not published a newer one, or this machine's clock is fast.",
               "Check the source for a newer CRL; check the clock: timedatectl."}};
    case Problem::kGoesBack:
      return {"crl-goes-back",
              {"The file is older than the CRL it would replace, which stays in force.",
               "A mirror with an old copy, a restored backup, or an attempt to hide a revocation.",
               "Fetch the current one; only if the CA really went back, run the command at the end of the line."}};
    case Problem::kIndexDamaged:
      return {"crl-index-damaged",
              {"The index of the last run could not be used; this run compiled everything again.",
               "Disk errors, or another program wrote to the file.",
               "Check the disk; if the run ended with a new index, there is nothing else to do."}};
    case Problem::kStateNotKept:
      return {"crl-state-not-kept",
              {"Download information could not be saved; the next run downloads everything again.",
               "The disk is full, or the CRL directory is not writable.",
               "Make room, or correct the directory's owner as shown in the line."}};
    case Problem::kOtherCrl:
      return {"crl-is-another",
              {"A download is not the CRL it used to be, or another file already has it; it is ignored.",
               "The CA changed the address, or the URLs of two downloads are swapped.",
               "Compare the urls of [[crl]] in jpki.toml with the CA's publication."}};
    case Problem::kDropped:
      return {"crl-dropped",
              {"A CRL of the last run is too old and its file is gone; certificates that need it are refused.",
               "Its file was removed, or its download was removed from jpki.toml.",
               "If it is still needed, put a current CRL back."}};
    case Problem::kBusy:
      return {"crl-refresh-busy",
              {"Another jpki-crl-refresh is running; this one did nothing.",
               "The timer and a manual run overlapped.",
               "Wait for it to finish; to find one that hangs, run: systemctl status jpki-crl-refresh."}};
    case Problem::kNotSetUp:
      return {"crl-refresh-not-set-up",
              {"jpki-crl-refresh cannot work; the last index stays.",
               "jpki.toml, the anchors, a directory or the helper's user is missing or wrong.",
               "Correct what the line shows, then run: jpkictl check."}};
    case Problem::kNotWritten:
      return {"crl-index-not-written",
              {"The new index could not be written; the last one stays.",
               "The disk is full or has failed.",
               "Make room in the directory shown in the line and run jpki-crl-refresh again."}};
  }
  return {};
}

ProblemExplanation explanation_of(ad::ldap::Failure failure) noexcept {
  using ad::ldap::Failure;
  switch (failure) {
    case Failure::kNoController:
      return {"ad-no-controller",
              {"No domain controller is known; the last snapshots stay.",
               "[directory] lists no servers, and DNS has no SRV record for the domain.",
               "Check this machine's name server, or list servers in ad.toml."}};
    case Failure::kUnreachable:
      return {"ad-unreachable",
              {"A domain controller did not answer in time.",
               "The controller or the network is down, or a firewall drops the connection.",
               "Nothing to do as long as another controller answers; otherwise check the network and the controller."}};
    case Failure::kTls:
      return {"ad-tls",
              {"The controller's TLS certificate could not be trusted.",
               "Its certificate was issued by a CA that is not in ca_file of ad.toml, has expired, or has another name.",
               "Put the right CA into ca_file, or renew the controller's certificate."}};
    case Failure::kCredentials:
      return {"ad-credentials",
              {"The directory does not accept this machine's credentials.",
               "The keytab or the password is missing, readable by others or out of date, or the account is gone.",
               "Join the domain again, or make a new keytab; check it with: kinit -k."}};
    case Failure::kClock:
      return {"ad-clock",
              {"Kerberos refused because the clocks differ by more than five minutes.",
               "The clock of this machine or of the controller is wrong.",
               "Check both with timedatectl; start a time service."}};
    case Failure::kInterrupted:
      return {"ad-interrupted",
              {"The connection ended in the middle of an answer; the partial answer was discarded.",
               "A restart, a network fault, or an overloaded controller.",
               "Nothing to do if the next run works; otherwise check the controller's log."}};
    case Failure::kRefused:
      return {"ad-refused",
              {"The controller answered a search with an error.",
               "A base DN that does not exist, a mistake in a filter, or missing permissions.",
               "Check [directory] in ad.toml; try the search with ldapsearch."}};
    case Failure::kAnswer:
      return {"ad-answer",
              {"An answer was not what a domain controller would send; it was discarded.",
               "There is another LDAP server at that address, or something on the way changes answers.",
               "Check [directory] servers in ad.toml and what answers at that address."}};
    case Failure::kImpostor:
      return {"ad-impostor",
              {"The domain has no controller of this name; the host was not asked anything.",
               "DNS gave a wrong answer, perhaps on purpose, or servers has an alias or an address.",
               "Put the full names of the controllers into servers of ad.toml; find out who answers for DNS."}};
  }
  return {};
}

ProblemExplanation explanation_of(ad::refresh::Problem problem) noexcept {
  using ad::refresh::Problem;
  switch (problem) {
    case Problem::kBusy:
      return {"ad-refresh-busy",
              {"Another nss-ad-refresh is running; this one did nothing.",
               "The timer and a manual run overlapped.",
               "Wait for it to finish; to find one that hangs, run: systemctl status nss-ad-refresh."}};
    case Problem::kNotSetUp:
      return {"ad-refresh-not-set-up",
              {"nss-ad-refresh cannot work; the last snapshots stay.",
               "ad.toml, a directory or a privilege is missing or wrong.",
               "Correct what the line shows."}};
    case Problem::kNotWritten:
      return {"ad-snapshots-not-written",
              {"The snapshots could not be written; the last ones stay.",
               "The disk is full or has failed.",
               "Make room in the directory shown in the line and run nss-ad-refresh again."}};
    case Problem::kStateNotKept:
      return {"ad-state-not-kept",
              {"The state of a run could not be saved or read, so everything is read again.",
               "The disk is full, or the state file was damaged.",
               "Make room; if the snapshots were written, there is nothing else to do."}};
    case Problem::kTooLong:
      return {"ad-refresh-too-long",
              {"The run took longer than total_timeout_seconds and was stopped; the last snapshots stay.",
               "A slow controller or network, or many more accounts than before.",
               "Narrow the base DNs and filters in ad.toml, or raise the time-out."}};
    case Problem::kLdif:
      return {"ad-ldif",
              {"The LDIF file cannot be read; the last snapshots stay.",
               "It is missing, can be written by others, or has a line that is not LDIF.",
               "Correct the line shown; write the file with ldapsearch -LLL."}};
    case Problem::kFewer:
      return {"ad-far-fewer",
              {"The directory shows far fewer accounts than last time; the last snapshots stay.",
               "Permissions or filters have changed, or the controller's data is incomplete.",
               "If the accounts are really gone, run: nss-ad-refresh --accept-fewer; otherwise correct the permissions."}};
  }
  return {};
}

ProblemExplanation explanation_of(ad::ObjectProblem problem) noexcept {
  using ad::ObjectProblem;
  switch (problem) {
    case ObjectProblem::kMalformed:
      return {"ad-object-malformed",
              {"A directory object was left out.",
               "A required attribute (objectSid, sAMAccountName) is missing or its value is malformed.",
               "Correct the object in the directory."}};
    case ObjectProblem::kNameUnusable:
      return {"ad-name-unusable",
              {"An object was left out: its name cannot be an account name on this machine.",
               "It has a character that programs act upon or nobody sees, or a space at an end, or is empty or too long.",
               "Rename it in the directory, or exclude it with a filter in ad.toml."}};
    case ObjectProblem::kNameDuplicate:
      return {"ad-name-duplicate",
              {"Several objects have the same name; all of them were left out.",
               "Two domains or base DNs have the same sAMAccountName; upper and lower case make no difference.",
               "Rename one, or narrow the base DNs in ad.toml."}};
    case ObjectProblem::kIdWouldChange:
      return {"ad-id-would-change",
              {"An object was left out: its id would change, and its files would belong to somebody else.",
               "The id scheme or its range was changed, or uidNumber was edited in the directory.",
               "Run: jpkictl idmap explain NAME; run jpkictl idmap audit PATH before you allow the change."}};
    case ObjectProblem::kIdTaken:
      return {"ad-id-taken",
              {"Two objects would have the same id; all of them were left out.",
               "The same uidNumber or gidNumber is used twice, or the ranges of two domains overlap.",
               "Correct the numbers in the directory, or the ranges in ad.toml."}};
    case ObjectProblem::kIdLocal:
      return {"ad-id-local",
              {"An object was left out: this machine uses its id itself.",
               "The id is in /etc/passwd, /etc/group, /etc/subuid or /etc/subgid, or is one that systemd gives away.",
               "Give it another id, choose another range in ad.toml, or remove the local account."}};
    case ObjectProblem::kIdMissing:
      return {"ad-id-missing",
              {"An object was left out: the id scheme gives it no id.",
               "With rfc2307, it has no uidNumber or gidNumber; with the other schemes, its RID is outside the range.",
               "Give it a number in the directory, or widen the range in ad.toml."}};
    case ObjectProblem::kNameLocal:
      return {"ad-name-local",
              {"An object was left out: its name is a local one, whose rights it would get.",
               "The name is in /etc/passwd, /etc/group, /etc/subuid or /etc/subgid.",
               "Remove or rename the local account after handing over its files, or rename the object."}};
    case ObjectProblem::kPrimaryGroupUnknown:
      return {"ad-primary-group-unknown",
              {"A user was left out: the primary group has no id on this machine.",
               "The group is outside the base DNs or filters, or was itself left out.",
               "Include the group, or see in the lines before why it was left out."}};
    case ObjectProblem::kFieldUnusable:
      return {"ad-field-unusable",
              {"A home or shell cannot be used in a passwd entry, so the user was left out; or a gecos was emptied.",
               "It contains a colon or a control character, or is not an absolute path.",
               "Correct the attribute in the directory, or the template in ad.toml."}};
    case ObjectProblem::kGroupCycle:
      return {"ad-group-cycle",
              {"Groups contain each other; every member of one is a member of all.",
               "A mistake in the directory.",
               "Remove one of the groups from the other."}};
    case ObjectProblem::kNameReserved:
      return {"ad-name-reserved",
              {"An object was left out: packages or the system give its name rights of their own.",
               "A group like docker, sudo or wheel, or an account like postgres or _name, whose package may come later.",
               "Rename it in the directory, and change rules and scripts that use the old name."}};
    case ObjectProblem::kMappingMalformed:
      return {"ad-mapping-malformed",
              {"A value of altSecurityIdentities binds no certificate.",
               "It is not a mapping string that Windows knows (X509:…).",
               "Correct it in the directory: X509:<I>issuer<SR>serial, X509:<SKI>… or X509:<SHA1-PUKEY>…."}};
    case ObjectProblem::kMappingWeak:
      return {"ad-mapping-weak",
              {"A weak mapping string binds no certificate.",
               "X509:<I>…<S>…, <S>… and <RFC822>… can be forged by another CA's certificate and are not in weak_forms.",
               "Replace it with <I>…<SR>…, <SKI> or <SHA1-PUKEY>."}};
    case ObjectProblem::kMappingAmbiguous:
      return {"ad-mapping-ambiguous",
              {"Several accounts have the same mapping string; that certificate is refused for all of them.",
               "A copied account, or a card that was passed on.",
               "Remove the string from all but one of them."}};
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
