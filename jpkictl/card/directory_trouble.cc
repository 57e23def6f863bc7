// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/directory_trouble.h"

#include "jpkictl/words.h"

namespace jpki::ctl::card {
namespace {

using ad::bindings::End;
using ad::bindings::Outcome;

const char* msgid_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kNoRight:
      return N_(
          "you may not change altSecurityIdentities of {account} in Active Directory, so nothing was "
          "changed; "
          "get that right from who runs it, or a ticket of somebody who has it ({cause})");
    case Outcome::kNoObject:
      return N_("Active Directory has no account {account} any more, so nothing was changed ({cause})");
    case Outcome::kReferral:
      return N_(
          "this controller of Active Directory cannot be written to, so nothing was changed; name another "
          "one "
          "in servers of ad.toml ({cause})");
    case Outcome::kLimit:
      return N_(
          "this is more than the limits of Active Directory allow, so nothing was changed; take back cards "
          "of "
          "{account} that are no longer used, or ask who runs it ({cause})");
    case Outcome::kNoTicket:
      return N_(
          "Active Directory needs a Kerberos ticket of yours, so nothing was changed; run kinit, or name its "
          "file with --ccache ({cause})");
    case Outcome::kUnreachable:
    case Outcome::kNotKnown:
      return N_("Active Directory cannot be reached, so nothing was changed; try again later ({cause})");
    case Outcome::kNotAvailable:
      return N_("Active Directory cannot be used from this computer, so nothing was changed ({cause})");
    case Outcome::kDone:
    case Outcome::kValueExists:
    case Outcome::kNoSuchValue:
    case Outcome::kRefused:
      break;
  }
  return N_("Active Directory refused this for {account}, so nothing was changed ({cause})");
}

bool is_refusal(Outcome outcome) {
  return outcome == Outcome::kNoRight || outcome == Outcome::kNoObject || outcome == Outcome::kRefused;
}

}  // namespace

Trouble trouble_of(const End& end, std::string_view account) {
  std::string text = say(msgid_of(end.outcome), {{"{account}", account}, {"{cause}", end.text}});
  return is_refusal(end.outcome) ? refused(std::move(text)) : could_not(std::move(text));
}

Trouble interrupted(Doubt doubt, const End& end, std::string_view account) {
  const char* const msgid =
      doubt == Doubt::kNotDone
          ? N_("Active Directory went away while {account} was changed, and the change was not made; run the "
               "same command again ({cause})")
          : N_("Active Directory went away while {account} was changed, and whether the change was made "
               "could "
               "not be told; when it answers again, run: jpkictl card list --directory {account} and then "
               "the same command again, which does nothing twice ({cause})");
  return could_not(say(msgid, {{"{account}", account}, {"{account}", account}, {"{cause}", end.text}}));
}

Trouble in_the_middle(Trouble trouble, std::size_t done, std::size_t all) {
  if (done == 0) return trouble;
  trouble.text += "; " + say(N_("{done} of {all} changes were made before; the same command does the rest"),
                             {{"{done}", std::to_string(done)}, {"{all}", std::to_string(all)}});
  return trouble;
}

}  // namespace jpki::ctl::card
