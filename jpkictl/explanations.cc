// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/explanations.h"

namespace jpki::ctl {

// clang-format off
// NOLINTNEXTLINE(readability-function-size): a table
Explanation explanation_of(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kAccepted:
      return {"The certificate is good; at a login: the person was let in.",
              "Path, revocation state, account and the card's proof were all good.",
              "Nothing is to be done."};

    case Verdict::kCardServiceDown:
      return {"The smart card service (pcscd) cannot be reached.",
              "pcscd is not installed, was stopped, or polkit does not let the helper user talk to it.",
              "Run: systemctl status pcscd.socket; check /usr/share/polkit-1/rules.d/50-jpki.rules."};
    case Verdict::kNoReader:
      return {"The smart card service works, but it has no card reader.",
              "The reader is not plugged in, has no driver, or is held by another program (gnupg's scdaemon).",
              "Plug it in again; look for it in lsusb and pcsc_scan; install its driver (libccid or the maker's)."};
    case Verdict::kNoCard:
      return {"No reader holds a card.",
              "No card was put on the reader in time, or it does not lie flat on it.",
              "Have the card put on the reader; give people time with the option wait_for_card of pam_jpki.so."};
    case Verdict::kCardNotRecognised:
      return {"A card is there, but no PKCS#11 module knows it.",
              "Another kind of card, a card that a module is missing for, or a card of which one PIN is blocked: "
              "OpenSC then shows no token at all.",
              "Try another card in this reader; check [pkcs11] modules in jpki.toml; a blocked PIN is reset by the "
              "card's municipality."};
    case Verdict::kCardRemoved:
      return {"The card was taken away during the login.",
              "It was pulled, slipped, or the reader lost contact.",
              "Have the login tried again with the card left in place; when that repeats, exchange the reader."};
    case Verdict::kSeveralCards:
      return {"More than one certificate could log in.",
              "Two cards lie on readers, or a card and a token are plugged in; a card is never guessed.",
              "Leave one of them; remove modules that are not needed from [pkcs11] modules in jpki.toml."};
    case Verdict::kCardSilent:
      return {"The card or its reader did not answer in time.",
              "Poor contact, a hanging reader or pcscd; OpenSC waits for ever, the login does not.",
              "Take the card off and put it back; then restart pcscd; then exchange the reader."};
    case Verdict::kCardError:
      return {"The card answered with an error or with nonsense.",
              "Poor contact, a damaged card, or a module that does not fit the card.",
              "Put the card back and try again; read it with pkcs11-tool; the log has the PKCS#11 code."};
    case Verdict::kNoLoginCertificate:
      return {"The card holds no certificate of a person.",
              "The user authentication certificate was never issued, or it was removed at the counter.",
              "Have the certificate issued at the municipality where the person lives."};
    case Verdict::kModuleUnusable:
      return {"A configured PKCS#11 module cannot be loaded or initialised.",
              "The file named in [pkcs11] modules is missing, of another architecture, or failed to start.",
              "Install the package (opensc-pkcs11), correct [pkcs11] modules; run: jpkictl check."};
    case Verdict::kCardBusy:
      return {"Another program used the card between the PIN and the signature.",
              "A browser, gpg-agent or the JPKI client software has the card open.",
              "Close it and try again; do not let it start in the login session."};
    case Verdict::kRemoteLogin:
      return {"The login comes from another machine, so the card in this one's reader does not count.",
              "PAM_RHOST names another machine: ssh, a remote desktop.",
              "Let such services use another factor, or set allow_remote where the reader follows the person."};

    case Verdict::kPinIncorrect:
      return {"The card refused the PIN.",
              "It was mistyped or is another card's; each wrong one costs a try until a right one is entered.",
              "Have it typed again with care; a forgotten PIN is reset by the card's municipality."};
    case Verdict::kPinLocked:
      return {"The PIN is locked: the card accepts no more tries.",
              "It was wrong three times in a row (other cards: as often as the issuer says).",
              "The holder has it reset at the municipality where they live; a staff card at its issuer."};
    case Verdict::kPinMalformed:
      return {"What was typed cannot be this card's PIN; nothing was sent to the card.",
              "Not four digits (MyNumber card), or not the length that the token asks for.",
              "Have the four digits of the user authentication PIN typed, not the signature password."};
    case Verdict::kCancelled:
      return {"No PIN was given.",
              "The person cancelled, or the program that asked went away.",
              "Nothing is wrong; have the login tried again."};
    case Verdict::kLastTryNotConfirmed:
      return {"One try was left and the person did not say yes to spending it.",
              "Earlier wrong PINs, or a program that cannot ask the question.",
              "When the PIN is known: log in at a console and answer yes. When not: the municipality resets it."};

    case Verdict::kCertificateMalformed:
      return {"The certificate does not decode.",
              "Not one DER or PEM certificate, cut short, or against RFC 5280 (a doubled extension, trailing bytes).",
              "Read it again from the card; run jpkictl validate on it, which names the field."};
    case Verdict::kCertificateUntrusted:
      return {"No path leads from the certificate to a trust anchor.",
              "The anchor of its generation is not in anchors.d or not for this kind or function; an intermediate CA "
              "is missing; or the certificate is a forgery.",
              "Run: jpkictl anchor list, jpkictl validate CERT (it shows every path that was tried); add the anchor "
              "from the official publication, intermediates to /etc/jpki/intermediates.d."};
    case Verdict::kCertificateExpired:
      return {"The validity of a certificate of the path is over.",
              "The person's certificate (depth 0) or a CA's above it has expired, or the clock is wrong.",
              "Check the clock; depth 0: have it renewed by its issuer; above: add the anchor of the new generation."};
    case Verdict::kCertificateNotYetValid:
      return {"The validity of a certificate of the path has not begun.",
              "The clock of this machine is slow, or the certificate was issued for later.",
              "Check the clock and its time source (timedatectl)."};
    case Verdict::kCertificateUnacceptable:
      return {"A certificate of the path may not be used as it is used here.",
              "CA flag, key usage, path length, name constraints, or a critical extension that is not known.",
              "The clause names the rule and the depth; tell the CA, or remove the wrong intermediate or constraint."};
    case Verdict::kPolicyNotAccepted:
      return {"The path is not valid for a certificate policy that is accepted here.",
              "The CA issued it under another policy, or [[kind]] in jpki.toml or the anchor's constraints name "
              "another OID.",
              "Compare the certificate's policy OIDs with [[kind]] in jpki.toml and [constraints] of the anchor."};
    case Verdict::kAnchorRetired:
      return {"The only anchor that the path leads to is outside of its administrative window.",
              "accept_from of the new generation is still to come, or accept_until of the old one has passed.",
              "Run: jpkictl anchor list; the person needs a certificate of a generation in force, or the window in "
              "anchors.d is wrong."};
    case Verdict::kAlgorithmWeak:
      return {"A signature or key of the path is too weak.",
              "SHA-1, MD5 or DSA, or an RSA key shorter than 2048 bits.",
              "Have the certificate issued anew; old signatures can be forged, so there is no switch for logins."};
    case Verdict::kProofOfPossessionFailed:
      return {"The card's signature over the challenge is not by the key of its certificate.",
              "A defective or forged card, or a module that signs with another key.",
              "Keep the card; try it with another reader; if it repeats, treat it as a forgery."};

    case Verdict::kKindJpkiSignature:
      return {"This is the JPKI certificate for digital signatures, not the one for user authentication.",
              "The card has no user authentication certificate, or a module shows the other one only.",
              "Use the user authentication certificate; have it issued at the municipality when it is missing."};
    case Verdict::kKindLgpkiRole:
      return {"This is the LGPKI certificate of an official post, and no rule allows such accounts.",
              "\"lgpki-role\" is not among [login] kinds.",
              "Use a person's card; add \"lgpki-role\" to [login] kinds only where role accounts are wanted."};
    case Verdict::kKindDocumentSigning:
      return {"This is an LGPKI certificate for signing documents.",
              "Such certificates never log in.",
              "Use the person's own user authentication card."};
    case Verdict::kKindEncryption:
      return {"This is an LGPKI certificate for encryption.",
              "Such certificates never log in.",
              "Use the person's own user authentication card."};
    case Verdict::kKindWebServer:
      return {"This is the certificate of a web server.",
              "Such certificates never log in.",
              "Use the person's own user authentication card."};
    case Verdict::kKindMail:
      return {"This is a certificate for mail.",
              "Such certificates never log in.",
              "Use the person's own user authentication card."};
    case Verdict::kKindCodeSigning:
      return {"This is a certificate for signing programs.",
              "Such certificates never log in.",
              "Use the person's own user authentication card."};
    case Verdict::kKindCirsTerminal:
      return {"This is a terminal certificate of the certificate application system (CIRS).",
              "Such certificates never log in a person.",
              "Use the person's own user authentication card."};
    case Verdict::kKindUnknown:
      return {"No rule knows this kind of certificate.",
              "Its policy OID is not in [[kind]] of jpki.toml, or key usage and EKU do not fit the kind.",
              "Ask its issuer for the policy OID and add a [[kind]], when it is meant for logins."};
    case Verdict::kKindNotAllowed:
      return {"Certificates of this kind can log in, but not here.",
              "[login] kinds of jpki.toml does not hold it.",
              "Add the kind to [login] kinds, when it shall be accepted on this machine."};

    case Verdict::kRevoked:
      return {"A certificate of the path is revoked or suspended.",
              "The card was reported lost, the person moved or renewed the card, or the CA withdrew it.",
              "A new card or certificate is registered like a first one. Where the log says \"remembered\" and the CA "
              "denies it, run: jpkictl revocation forget CERT; what a source still says nobody can override."};
    case Verdict::kRevocationUnknown:
      return {"No source told the revocation state of a certificate of the path.",
              "No CRL covers it (another municipality's partition?), the OCSP responder was unreachable, or no source "
              "is in service now.",
              "Run: jpkictl revocation status, jpkictl revocation plan; fetch the missing CRL."};
    case Verdict::kRevocationStale:
      return {"There is evidence, but it is too old to count.",
              "CRLs were not fetched in time, the CA published late, or the clock is wrong.",
              "Check the clock; run jpki-crl-refresh and look at its log; jpkictl revocation status shows the age."};
    case Verdict::kRevocationInvalid:
      return {"The revocation evidence does not verify.",
              "A damaged or foreign CRL or OCSP answer, a responder that the CA did not authorise, or a wrong "
              "anchor.",
              "The clause names the rule; fetch the CRL again from the CA; check URLs and proxies."};
    case Verdict::kRevocationMemoryUnusable:
      return {"What was once called revoked cannot be known, so nobody is called good.",
              "The evidence directory is missing, open to other users or not of the helper user, or the pseudonym key is "
              "missing or another one than before.",
              "Run systemd-tmpfiles --create; put the pseudonym key back; jpkictl check tells which it is."};

    case Verdict::kNotMapped:
      return {"No account is bound to the certificate.",
              "It was never registered, or it was renewed since.",
              "Register it in accounts.map by X509:<SKI> or X509:<SHA1-PUKEY>."};
    case Verdict::kMappingAmbiguous:
      return {"The certificate is bound to more than one account.",
              "accounts.map holds it under two names.",
              "Remove the wrong line; the log names both lines."};
    case Verdict::kOtherUser:
      return {"The card is registered for another account than the one that logs in.",
              "A wrong user name, or somebody else's card.",
              "Have the user name checked; look into accounts.map when it is right."};
    case Verdict::kAccountUnusable:
      return {"The account may not log in by card on this machine.",
              "It does not exist here, or its uid is below min_uid.",
              "Run: getent passwd ACCOUNT; check NSS and min_uid of pam_jpki.so."};
    case Verdict::kMapUnusable:
      return {"The account map cannot be used.",
              "accounts.map is missing, readable by others, owned by somebody else, or has a wrong line.",
              "The log has file, line and the command that puts it right."};
    case Verdict::kAccountDisabled:
      return {"The directory has this account disabled.",
              "Somebody disabled it in Active Directory (userAccountControl), or deleted it; the log says which.",
              "Enable it there when that is wrong, then run nss-ad-refresh."};
    case Verdict::kAccountLocked:
      return {"The account is locked after wrong passwords.",
              "lockoutTime in Active Directory is set and account.lockout_minutes of ad.toml are not over.",
              "Unlock it there, or wait; the lockout duration in ad.toml must be the domain policy's."};
    case Verdict::kAccountExpired:
      return {"The account has expired.",
              "accountExpires in Active Directory is past.",
              "Set a later end there, then run nss-ad-refresh."};
    case Verdict::kLogonHoursDenied:
      return {"The account may not log in at this hour.",
              "logonHours in Active Directory excludes it; it counts in UTC.",
              "Change the logon hours there when they are wrong, then run nss-ad-refresh."};
    case Verdict::kWorkstationDenied:
      return {"The account may not log in on this computer.",
              "userWorkstations in Active Directory does not name it.",
              "Add this computer there, or set account.workstation in ad.toml when it has another name."};
    case Verdict::kGroupDenied:
      return {"A rule about groups keeps the account from this PAM service.",
              "An [[account.rule]] of ad.toml: a denied group, or no allowed one.",
              "Change the groups in Active Directory or the rule, then run nss-ad-refresh."};
    case Verdict::kAccountStateStale:
      return {"What is known of the directory is too old to rely on.",
              "nss-ad-refresh has not succeeded for longer than account.max_snapshot_age_hours, or the clock was set back.",
              "Run: nss-ad-refresh; it says why the directory cannot be read."};
    case Verdict::kAccountStateUnknown:
      return {"Whether the account may log in cannot be told.",
              "ad.toml has an error, a snapshot is missing or damaged, a rule names an unknown group, or jpki-account failed.",
              "The log names the cause."};

    case Verdict::kConfigInvalid:
      return {"The configuration cannot be used.",
              "A mistake or unsafe permissions in jpki.toml, jpki.toml.d or a file that they name.",
              "Run: jpkictl check, which names file and line."};
    case Verdict::kAnchorsInvalid:
      return {"The trust anchors cannot be used.",
              "anchors.d is empty, or one file in it is wrong; one wrong file stops all logins.",
              "Run as root: jpkictl check, which names the file and what is wrong with it as a login sees it."};
    case Verdict::kHelperNotStarted:
      return {"jpki-validator could not be started.",
              "It is missing, not executable, or the system is out of processes or memory.",
              "Reinstall the package; look at the log for the system's reason."};
    case Verdict::kHelperFailed:
      return {"jpki-validator or jpki-fetch died or broke the protocol.",
              "A crash, a library that ended the process, or versions that do not fit.",
              "Look for a crash in the journal; make sure that module and helper are of one version."};
    case Verdict::kTimeout:
      return {"A step of the login did not end in time.",
              "A hanging reader, disk, or revocation source; the log names the step.",
              "Look at the timeline in the log; raise timeout of pam_jpki.so only when the step is rightly slow."};
    case Verdict::kInternal:
      return {"The system failed the login: no memory, or a system call that cannot fail did.",
              "Out of memory, descriptors or processes, or a defect of this product.",
              "Look at the log and the journal; report it with the log lines when it repeats."};
    case Verdict::kPrivilegesNotDropped:
      return {"The helper could not become its own user or confine itself.",
              "The system user is missing, or the kernel refuses the confinement.",
              "Run: systemd-sysusers; check that the user " JPKI_HELPER_USER " exists, and that cat "
              "/sys/kernel/security/lsm lists landlock."};
  }
  return {"", "", ""};
}
// clang-format on

}  // namespace jpki::ctl
