// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/explanations.h"

namespace jpki::ctl {

// clang-format off
// NOLINTNEXTLINE(readability-function-size): a table
Explanation explanation_of(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kAccepted:
      return {"The certificate is good; at a login, the user was let in.",
              "Path, revocation status, account and the card's proof were all good.",
              "There is nothing to do."};

    case Verdict::kCardServiceDown:
      return {"The smart card service (pcscd) cannot be reached.",
              "pcscd is not installed, was stopped or hangs, or polkit does not let the helper user talk to it.",
              "Run: systemctl status pcscd.socket; restart pcscd if it hangs; check /usr/share/polkit-1/rules.d/50-jpki.rules."};
    case Verdict::kNoReader:
      return {"The smart card service is running, but it has no card reader.",
              "The reader is not plugged in, has no driver, or is held by another program (gnupg's scdaemon).",
              "Plug the reader in again; look for it with lsusb and pcsc_scan; install its driver (libccid or the "
              "vendor's)."};
    case Verdict::kNoCard:
      return {"There is no card in any reader.",
              "No card was put on the reader in time, or it is not lying flat.",
              "Put the card on the reader; to allow more time, set the option wait_for_card of pam_jpki.so."};
    case Verdict::kCardNotRecognised:
      return {"There is a card, but no PKCS#11 module recognises it.",
              "Another kind of card, a card for which no module is installed, or one that another program holds.",
              "Try another card in this reader; check [pkcs11] modules in jpki.toml."};
    case Verdict::kCardRemoved:
      return {"The card was removed during the login.",
              "It was pulled out or slipped, or the reader lost contact.",
              "Try again and leave the card in place; if it keeps happening, replace the reader."};
    case Verdict::kSeveralCards:
      return {"More than one certificate could be used to log in.",
              "There are two cards on readers, or a card and a token are plugged in. The login never guesses: it uses "
              "the one that is bound to the account that was asked for, or asks. Here neither was possible: the "
              "screen cannot ask, no answer was one of the numbers, or two readers have the same name.",
              "Leave only one of them, or log in at a screen that can ask which one; remove unneeded modules from "
              "[pkcs11] modules in jpki.toml."};
    case Verdict::kCardSilent:
      return {"The card or its reader did not answer in time.",
              "Poor contact, or a reader or pcscd that hangs; OpenSC would wait forever, but the login does not.",
              "Take the card off and put it back; if that does not help, restart pcscd, then replace the reader."};
    case Verdict::kCardError:
      return {"The card returned an error or an invalid answer.",
              "Poor contact, a damaged card, or a module that does not match the card.",
              "Put the card back and try again; read it with pkcs11-tool; the PKCS#11 error code is in the log."};
    case Verdict::kNoLoginCertificate:
      return {"The card has no certificate for a person.",
              "The user authentication certificate was never issued, or it was removed at the counter.",
              "Have the certificate issued by the municipality where the person lives."};
    case Verdict::kModuleUnusable:
      return {"A configured PKCS#11 module cannot be loaded or initialised, or it crashes or does not answer.",
              "The file named in [pkcs11] modules is missing, is built for another architecture, or failed to start. Where "
              "the log alone tells this code, the module is left out and other modules' cards still log in.",
              "Install the package (opensc-pkcs11) or correct [pkcs11] modules, then run: jpkictl check."};
    case Verdict::kCardBusy:
      return {"Another program used the card between the PIN and the signature.",
              "A browser, gpg-agent or the JPKI client software has the card open.",
              "Close that program and try again; do not let it start in the login session."};
    case Verdict::kRemoteLogin:
      return {"The person is not at this machine, or nothing tells, so the card in its reader cannot be used.",
              "ssh or a remote desktop, also with su and sudo in it and by way of localhost; with pcsc_socket of a "
              "[[seat]] a first login, or another account; the log names what decided.",
              "Use another factor there. Set allow_remote if the reader is where the user is, where_unknown=local "
              "where nothing tells and nobody comes from elsewhere."};
    case Verdict::kSignaturePinLocked:
      return {"OpenSC does not show the card, most likely because its signature PIN is locked; its login PIN is not.",
              "Some cards answer with an error instead of a number of tries when a PIN is locked, and OpenSC then drops "
              "the whole card.",
              "Use jpki-pkcs11.so instead of OpenSC ([pkcs11] modules in jpki.toml), which logs such a card in, or have the "
              "holder's signature PIN reset by the municipality."};
    case Verdict::kNotSessionCard:
      return {"The card is not the one that opened the session.",
              "Another card, perhaps another one of the same account, is in the reader, and same_card or presence wants "
              "that of the session; or the session's record cannot be read.",
              "Use the card that opened the session, or log out and log in with the other one."};
    case Verdict::kSeatUnreachable:
      return {"The reader at the place where the person sits, of a thin client or of a remote desktop, cannot be reached.",
              "The thin client or the tunnel to it is down, its socket may be somebody else's, it answers something else, "
              "or p11-kit-client.so is missing here; the log says which.",
              "Start the tunnel that [[seat]] p11_kit_server or pcsc_socket in jpki.toml names, then try again."};
    case Verdict::kSmartphoneNotAllowed:
      return {"A smartphone was held to the reader, and none is accepted here; no PIN was sent.",
              "[smartphone] in jpki.toml names nobody, [pkcs11] modules does not name jpki-pkcs11.so, the screen cannot show "
              "how many tries are left, or the person is elsewhere; the log says which.",
              "Use the card; or read SMARTPHONES in jpki.toml(5) and name accounts in [smartphone]."};
    case Verdict::kSmartphoneWithoutName:
      return {"A smartphone was held to the reader before anybody said whose login this is; no PIN was sent.",
              "A smartphone tells its certificate only after its PIN, so it cannot say who logs in.",
              "Type the user name first, at a screen that asks for it; or use the card."};

    case Verdict::kPinIncorrect:
      return {"The card rejected the PIN.",
              "It was mistyped or belongs to another card; each wrong PIN uses up a try until the right one is "
              "entered.",
              "Type it again with care; a forgotten PIN is reset by the municipality where the holder lives; for a staff "
              "card, by its issuer."};
    case Verdict::kPinLocked:
      return {"The PIN is locked: the card accepts no more tries.",
              "It was wrong three times in a row (for other cards, the issuer sets the number).",
              "The holder has it reset by the municipality where they live; for a staff card, by its issuer."};
    case Verdict::kPinMalformed:
      return {"What was typed cannot be this card's PIN, so it was not sent to the card.",
              "It is not four digits (MyNumber card), or not of the length that the token requires.",
              "Type the four digits of the user authentication PIN, not the signature password."};
    case Verdict::kCancelled:
      return {"No PIN was entered.",
              "The user cancelled, or the program that was asking ended.",
              "Nothing is wrong; try to log in again."};
    case Verdict::kLastTryNotConfirmed:
      return {"One try was left, or may have been, and the user did not confirm using it.",
              "Wrong PINs were entered earlier, or the program cannot ask for confirmation. A token may not tell how many "
              "tries are left ([[token]] tries = \"untold\").",
              "If you know the PIN, log in at a console and answer yes. If not, the municipality resets it; for a staff "
              "card, its issuer."};
    case Verdict::kNobodyToAsk:
      return {"The PAM service has nobody who could type a PIN, so the card was not used.",
              "It runs without a terminal and without a display (a script, a mail server), or it is listed as such in "
              "pam_jpki(8).",
              "If somebody does sit there, give the module in its pam.d file the option screen= of pam_jpki(8)."};
    case Verdict::kPinWrongBefore:
      return {"The same PIN was wrong for this card before, so it was not sent to the card again.",
              "The program shows no tries (a screen locker), or the token tells none ([[token]] tries = \"untold\"). Then "
              "nothing is tried twice, and a locker never gets the last try.",
              "Log in at a console or a login screen; the right PIN there clears this, and so does a restart."};
    case Verdict::kPinNotSet:
      return {"The token has no user PIN yet, so it was not used.",
              "It was never given to its holder by its issuer, or its driver does not tell the truth.",
              "Have the issuer set the PIN; for a driver that is wrong about this, see [[token]] pin_state in jpki.toml."};
    case Verdict::kPinToBeChanged:
      return {"The PIN of the token must be changed before it is used; it was not asked for.",
              "It is the PIN that the token was delivered with, which others may know, or it has expired.",
              "The holder changes it with the issuer's program; for a driver that is wrong about this, see [[token]] "
              "pin_state in jpki.toml."};
    case Verdict::kTokenWithoutPin:
      return {"The token does not ask for a PIN, so it was not used: whoever holds it could log in.",
              "It was initialised without one, or its driver does not set CKF_LOGIN_REQUIRED.",
              "Use a token with a PIN; have the issuer set one."};
    case Verdict::kSmartphonePinLocked:
      return {"The PIN of the certificate on the smartphone is locked.",
              "It was wrong three times in a row, here or elsewhere. The PIN of the MyNumber card is another one.",
              "Its holder sets a new one in the Mynaportal app, with the MyNumber card. Until then the card logs in."};

    case Verdict::kCertificateMalformed:
      return {"The certificate cannot be decoded.",
              "It is not exactly one DER or PEM certificate, is truncated, or violates RFC 5280 (a duplicate "
              "extension, trailing bytes).",
              "Read it from the card again; run jpkictl validate on it to see which field is wrong."};
    case Verdict::kCertificateUntrusted:
      return {"No path leads from the certificate to a trust anchor.",
              "The anchor for its generation is not in anchors.d, or does not cover this kind or function; an "
              "intermediate CA is missing; or the certificate is forged.",
              "Run: jpkictl anchor list, jpkictl validate CERT (it shows every path that was tried); add the anchor "
              "from the official publication, and intermediates to /etc/jpki/intermediates.d."};
    case Verdict::kCertificateExpired:
      return {"The user's certificate has expired.",
              "Its notAfter has passed (and that of a CA as well, where the clause names a depth above 0), or the clock is "
              "wrong.",
              "Check the clock; have the certificate renewed by its issuer."};
    case Verdict::kCertificateNotYetValid:
      return {"A certificate in the path is not valid yet.",
              "This machine's clock is slow, or the certificate was issued for a later date.",
              "Check the clock and its time source (timedatectl)."};
    case Verdict::kCertificateUnacceptable:
      return {"A certificate in the path may not be used in this way.",
              "CA flag, key usage, path length, name constraints, or an unknown critical extension.",
              "The clause names the rule and the depth; inform the CA, or remove the wrong intermediate or "
              "constraint."};
    case Verdict::kPolicyNotAccepted:
      return {"The path is not valid for any certificate policy accepted here.",
              "The CA issued it under another policy, or [[kind]] in jpki.toml or the anchor's constraints name "
              "another OID.",
              "Compare the certificate's policy OIDs with [[kind]] in jpki.toml and [constraints] of the anchor."};
    case Verdict::kAnchorRetired:
      return {"The path leads only to an anchor that is not in force at this time.",
              "accept_from of the new generation is in the future, or accept_until of the old one has passed.",
              "Run: jpkictl anchor list; the person needs a certificate of a generation in force, unless the dates "
              "in anchors.d are wrong."};
    case Verdict::kAlgorithmWeak:
      return {"A signature or key in the path is too weak.",
              "SHA-1, MD5 or DSA, or an RSA key shorter than 2048 bits.",
              "Have a new certificate issued; old signatures can be forged, so there is no option to accept them at "
              "login."};
    case Verdict::kProofOfPossessionFailed:
      return {"The card's signature over the challenge was not made with the key of its certificate.",
              "A defective or forged card, or a module that signs with the wrong key.",
              "Keep the card and try it in another reader; if it fails again, treat it as forged."};
    case Verdict::kIssuerExpired:
      return {"The user's certificate is still valid, but the certificate of a CA above it has expired.",
              "The CA was given a renewed certificate, or a new generation, that this machine does not have; or the clock is "
              "wrong.",
              "Check the clock; put the CA's renewed certificate into intermediates.d, or add the anchor of the new "
              "generation."};

    case Verdict::kKindJpkiSignature:
      return {"This is the JPKI certificate for digital signatures, not the one for user authentication.",
              "The card has no user authentication certificate, or a module shows only the other one.",
              "Use the user authentication certificate; if it is missing, the municipality can issue it."};
    case Verdict::kKindLgpkiRole:
      return {"This is the LGPKI certificate of an official post, and such accounts are not allowed here.",
              "\"lgpki-role\" is not listed in [login] kinds, or the account is no role account: not listed in [account] "
              "role_accounts, or with Active Directory in none of role_groups. The log says which.",
              "Use a person's card; add \"lgpki-role\" and the account only if you want role accounts."};
    case Verdict::kKindDocumentSigning:
      return {"This is an LGPKI certificate for signing documents.",
              "Such certificates cannot be used to log in.",
              "Use the person's own user authentication card."};
    case Verdict::kKindEncryption:
      return {"This is an LGPKI certificate for encryption.",
              "Such certificates cannot be used to log in.",
              "Use the person's own user authentication card."};
    case Verdict::kKindWebServer:
      return {"This is the certificate of a web server.",
              "Such certificates cannot be used to log in.",
              "Use the person's own user authentication card."};
    case Verdict::kKindMail:
      return {"This is a certificate for mail.",
              "Such certificates cannot be used to log in.",
              "Use the person's own user authentication card."};
    case Verdict::kKindCodeSigning:
      return {"This is a certificate for signing programs.",
              "Such certificates cannot be used to log in.",
              "Use the person's own user authentication card."};
    case Verdict::kKindCirsTerminal:
      return {"This is a terminal certificate of the certificate application system (CIRS).",
              "Such certificates identify a terminal, not a person.",
              "Use the person's own user authentication card."};
    case Verdict::kKindUnknown:
      return {"This kind of certificate is not known here.",
              "Its policy OID is not in [[kind]] of jpki.toml, or its key usage and EKU do not match the kind.",
              "If it is meant for logins, ask its issuer for the policy OID and add a [[kind]]."};
    case Verdict::kKindNotAllowed:
      return {"Certificates of this kind can be used to log in, but not on this machine.",
              "The kind is not listed in [login] kinds of jpki.toml, or not in the kinds of the [[token]] that the log names.",
              "Add the kind there if this machine should accept it."};

    case Verdict::kRevoked:
      return {"The user's certificate is revoked or suspended.",
              "The card was reported lost, the person moved or renewed the card, or the CA withdrew the certificate.",
              "Register a new card or certificate like a first one. If the log says \"remembered\" and the CA says "
              "that the certificate is not revoked, run: jpkictl revocation forget CERT; nobody can override what a "
              "source still reports."};
    case Verdict::kRevocationUnknown:
      return {"No source gave the revocation status of a certificate in the path.",
              "No CRL covers it (does it belong to another municipality's partition?), the OCSP responder was "
              "unreachable, or no source is in service now.",
              "Run: jpkictl revocation status, jpkictl revocation plan; fetch the missing CRL."};
    case Verdict::kRevocationStale:
      return {"The revocation data is too old.",
              "CRLs were not fetched in time, the CA was late to publish, or the clock is wrong.",
              "Check the clock; run jpki-crl-refresh and read its log; jpkictl revocation status shows the age."};
    case Verdict::kRevocationInvalid:
      return {"The revocation data could not be verified.",
              "A damaged or unrelated CRL or OCSP answer, a responder that the CA did not authorise, or a wrong "
              "anchor.",
              "The clause names the rule; fetch the CRL again from the CA; check URLs and proxies."};
    case Verdict::kRevocationMemoryUnusable:
      return {"The record of revoked certificates cannot be used, so no certificate is accepted.",
              "The evidence directory is missing, is accessible to other users or is not owned by the helper user, "
              "or the pseudonym key is missing or has changed.",
              "Run systemd-tmpfiles --create; restore the pseudonym key; jpkictl check shows which of these is "
              "wrong."};
    case Verdict::kIssuerRevoked:
      return {"The certificate of a CA above the user's is revoked or suspended.",
              "Whoever certified the CA withdrew its certificate: the CA was given another one, or it ended.",
              "Ask the CA; put its new certificate into intermediates.d beside the revoked one. If the log says "
              "\"remembered\" and the CA says that the certificate is not revoked, run: jpkictl revocation forget CERT."};

    case Verdict::kNotMapped:
      return {"The certificate is not bound to any account.",
              "It was never registered, or it has been renewed since.",
              "Run: jpkictl card enroll ACCOUNT. With Active Directory, logins know of it after the next nss-ad-refresh."};
    case Verdict::kMappingAmbiguous:
      return {"The certificate is bound to more than one account.",
              "Two lines of accounts.map or two accounts in Active Directory name it, or the two sources disagree.",
              "Run: jpkictl card check; take the wrong one back: jpkictl card revoke."};
    case Verdict::kOtherUser:
      return {"The card is registered for an account other than the one logging in.",
              "A wrong user name, or somebody else's card.",
              "Check the user name; if it is right, put the card on the reader and run: jpkictl card show."};
    case Verdict::kAccountUnusable:
      return {"The account may not log in by card on this machine.",
              "It does not exist on this machine, or its uid is below min_uid.",
              "Run: getent passwd ACCOUNT; check NSS and min_uid of pam_jpki.so."};
    case Verdict::kMapUnusable:
      return {"The account map cannot be used.",
              "accounts.map is missing, readable by others, owned by another user, or has an invalid line; or a "
              "screen locker that runs as the user cannot read it.",
              "The log shows the file, the line and the command that fixes it. For screen lockers: systemctl enable "
              "--now jpki-validator.socket."};
    case Verdict::kAccountDisabled:
      return {"The account is disabled in the directory.",
              "It was disabled in Active Directory (userAccountControl) or deleted; the log says which.",
              "If this is wrong, enable it there, then run nss-ad-refresh."};
    case Verdict::kAccountLocked:
      return {"The account is locked after wrong passwords.",
              "lockoutTime is set in Active Directory, and account.lockout_minutes of ad.toml have not passed.",
              "Unlock it there, or wait; account.lockout_minutes must match the domain policy."};
    case Verdict::kAccountExpired:
      return {"The account has expired.",
              "The date in accountExpires in Active Directory has passed.",
              "Set a later date there, then run nss-ad-refresh."};
    case Verdict::kLogonHoursDenied:
      return {"The account may not log in at this hour.",
              "logonHours in Active Directory does not include it; these hours are in UTC.",
              "If the logon hours are wrong, change them there, then run nss-ad-refresh."};
    case Verdict::kWorkstationDenied:
      return {"The account may not log in on this computer.",
              "userWorkstations in Active Directory does not list it.",
              "Add this computer there, or set account.workstation in ad.toml if its name there is different."};
    case Verdict::kGroupDenied:
      return {"A group rule does not let the account use this PAM service.",
              "An [[account.rule]] in ad.toml: the account is in a denied group, or in none of the allowed groups.",
              "Change the groups in Active Directory or the rule, then run nss-ad-refresh."};
    case Verdict::kAccountStateStale:
      return {"The data from the directory is too old to rely on.",
              "nss-ad-refresh has not succeeded for longer than account.max_snapshot_age_hours, or the clock was set "
              "back.",
              "Run: nss-ad-refresh; it says why the directory cannot be read."};
    case Verdict::kAccountStateUnknown:
      return {"It cannot be determined whether the account may log in.",
              "ad.toml has an error, a snapshot is missing or damaged, a rule names an unknown group, or "
              "jpki-account failed.",
              "The log shows the cause."};
    case Verdict::kAccountOther:
      return {"The account of this name is another one here than in the directory: their user ids differ.",
              "An account was made in /etc/passwd after the last refresh, or another name service knows the name.",
              "Rename or remove one of the two, then run: nss-ad-refresh."};
    case Verdict::kSmartphoneNotForAccount:
      return {"[smartphone] in jpki.toml does not name the account, so no PIN was sent to the smartphone on the reader.",
              "Neither accounts nor groups of [smartphone] has it, or the name service did not tell the groups.",
              "Use the card; or add the account to [smartphone]."};

    case Verdict::kUnlockNotAllowed:
      return {"[unlock] in jpki.toml does not allow this way of unlocking.",
              "A service has pam_jpki.so presence or pam_jpki.so recent, but presence or recent is not true in [unlock].",
              "Set it, or delete the line from the service's file."};
    case Verdict::kNoCardSession:
      return {"The account has no open session here that a card login opened.",
              "The login was made by password, before the last boot, or where no session records are kept; or its record "
              "is damaged. A first login is never made in this way.",
              "See: jpkictl session list. The service that logs in needs pam_jpki.so in its session part."};
    case Verdict::kLockUnknown:
      return {"Nobody can tell since when the session is locked.",
              "The screen is open, jpki-session-guard does not run, or the screen locker does not set LockedHint.",
              "Run: systemctl enable --now jpki-session-guard; then look at: loginctl show-session ID -p LockedHint."};
    case Verdict::kUnlockTooSoon:
      return {"The session has not been locked for min_locked_seconds.",
              "The person who is leaving may still be in front of the camera.",
              "Wait, or unlock with card and PIN."};
    case Verdict::kCardLoginTooOld:
      return {"The last login with card and PIN is longer ago than max_age_minutes, or the clock was set back since.",
              "The session has been open for long; unlocking does not renew its login.",
              "Unlock with card and PIN; log out and in for a new session."};

    case Verdict::kTicketUnreachable:
      return {"The card was accepted, but no KDC of the realm gave an answer in time.",
              "The KDC is down, a firewall holds back port 88, kdcs in [ticket] or the SRV records of the realm are "
              "wrong, or timeout_seconds is too short.",
              "Run on this machine: getent hosts KDC; nc -vz KDC 88."};
    case Verdict::kTicketRefused:
      return {"The card was accepted, but the KDC gave no ticket.",
              "The KDC does not know the account or the realm, trusts no issuer of the card, binds the card to no "
              "account, or cannot check whether the card is revoked.",
              "The log line has the KDC's error. Then see the KDC's log, and doc/kerberos.md for what a KDC needs."};
    case Verdict::kTicketClock:
      return {"The card was accepted, but the clocks of this machine and of the KDC differ too much.",
              "One of the two clocks is wrong by more than 5 minutes.",
              "Run: timedatectl status; on the KDC too."};
    case Verdict::kTicketUnusable:
      return {"The card was accepted, but this machine could get no ticket.",
              "krb5-pkinit is not installed, jpki-ticket cannot be started or confined, kdc_anchors in [ticket] does "
              "not hold the issuer of the KDC's certificate, or the card has a key that PKINIT cannot use.",
              "The log line tells which; run: apt-get install krb5-pkinit; jpkictl check."};
    case Verdict::kTicketNotKept:
      return {"There is a ticket, but the person's credential cache could not be written.",
              "The disk is full, /tmp is not writable, a file of somebody else has the name of the cache, or "
              "default_ccache_name in /etc/krb5.conf names a kind of cache that is not there.",
              "The log line tells which; as that person: kinit would fail for the same reason."};

    case Verdict::kRegistrationRefused:
      return {"The person wanted to register their own card, and may not.",
              "[self_registration] does not offer it in this service, the account is privileged, the card is somebody "
              "else's already, another card of the account waits for you, or you refused it before. Nothing is offered "
              "from afar, in set-user-ID programs and on screens that cannot show a question.",
              "The log line tells which; register the card yourself: jpkictl card enroll ACCOUNT."};
    case Verdict::kRegistrationDeclined:
      return {"The person was asked whether to register the card, and did not say yes.",
              "Enter was pressed, something else than yes was typed, or the prompt was cancelled.",
              "Nothing was registered; the question comes again at the next login with that card."};
    case Verdict::kRegistrationPending:
      return {"The card waits for you: its holder registered it, and nobody has agreed yet.",
              "[self_registration] is on, and at_once is off.",
              "Run: jpkictl card pending list; make sure who asked for it, then jpkictl card pending approve ID, or refuse ID."};
    case Verdict::kRegistrationUnusable:
      return {"The card could not be registered by its holder.",
              "jpki-self-registration cannot be started, or the directory of [succession] overlay or the file in it "
              "cannot be used.",
              "The log line tells which; run: jpkictl check, and systemd-tmpfiles --create jpki.conf."};

    case Verdict::kConfigInvalid:
      return {"The configuration cannot be used.",
              "A mistake or unsafe permissions in jpki.toml, in jpki.toml.d or in a file named there.",
              "Run: jpkictl check, which shows the file and the line."};
    case Verdict::kAnchorsInvalid:
      return {"The trust anchors cannot be used.",
              "anchors.d is empty, or a file in it is wrong; a single wrong file stops all logins.",
              "Run as root: jpkictl check, which checks as a login does and shows which file is wrong and why."};
    case Verdict::kHelperNotStarted:
      return {"jpki-validator or jpki-fetch could not be started.",
              "It is missing or not executable, or the system has run out of processes or memory.",
              "Reinstall the package; the log shows the reason the system gave."};
    case Verdict::kHelperFailed:
      return {"jpki-validator or jpki-fetch crashed or broke the protocol.",
              "A crash, a library that ended the process, or versions that do not match.",
              "Look for a crash in the journal; make sure that module and helper have the same version."};
    case Verdict::kTimeout:
      return {"A step of the login did not finish in time.",
              "A reader, a disk or a revocation source that hangs; the log names the step.",
              "Look at the timeline in the log; raise timeout of pam_jpki.so only if the step has a good reason to "
              "be slow."};
    case Verdict::kInternal:
      return {"The system failed the login: no memory, or a system call that should never fail failed.",
              "Out of memory, descriptors or processes, or a bug in this product.",
              "Check the log and the journal; if it happens again, report it with the log lines."};
    case Verdict::kPrivilegesNotDropped:
      return {"The helper could not switch to its own user or confine itself.",
              "The system user is missing, or the kernel does not support the confinement.",
              "Run: systemd-sysusers; check that the user " JPKI_HELPER_USER
              " exists, and that cat /sys/kernel/security/lsm lists landlock."};

    case Verdict::kEmergencyRefused:
      return {"What was typed is not an emergency code that can be used for this account now.",
              "A wrong code, one of another account or computer, one that was used, replaced or revoked, one whose "
              "time is over, or none was ever issued. The person is told the same in each case; the log tells which.",
              "Run on that computer: jpkictl emergency list; issue a new code if there is none."};
    case Verdict::kEmergencyTooSoon:
      return {"Wrong emergency codes were typed for this account, and its pause is not over.",
              "Somebody mistypes a code or guesses. From the third wrong code on there is a pause, which grows to an "
              "hour; after ten wrong codes the code itself can no longer be used.",
              "Find out who types there; jpkictl emergency issue gives a new code and ends the pause."};
    case Verdict::kEmergencyMalformed:
      return {"What was typed cannot be an emergency code.",
              "It does not have 16 digits, or its check digits do not fit: a digit was misheard or mistyped. No try "
              "was counted.",
              "Read the code aloud again, four digits at a time."};
    case Verdict::kEmergencyCancelled:
      return {"Nothing was typed where an emergency code was asked for.",
              "The person has none, or pressed Enter to get to the next question.",
              "There is nothing to do."};
    case Verdict::kEmergencyUnusable:
      return {"An emergency code could not be judged.",
              "jpki-emergency cannot be started or confined, /run/jpki/emergency or /var/lib/jpki/emergency is "
              "missing or is not root's alone, a disk is full, or /etc/jpki/emergency.key is no key.",
              "The log line tells which; run: systemd-tmpfiles --create jpki.conf; then jpkictl emergency list."};
    case Verdict::kEmergencyRemote:
      return {"Somebody who is not at the computer wanted to use an emergency code.",
              "The login comes over a network. An emergency code is for who sits at the computer, whatever the option "
              "allow_remote says.",
              "Remove the line pam_jpki.so emergency from the stacks of services that are used from afar (sshd)."};
    case Verdict::kEmergencyAccount:
      return {"An emergency code was to be used for an account that never can have one.",
              "The account is root, has a uid below min_uid, or does not exist.",
              "Let administrators keep a way in of their own: emergency codes are for staff."};
  }
  return {"", "", ""};
}
// clang-format on

}  // namespace jpki::ctl
