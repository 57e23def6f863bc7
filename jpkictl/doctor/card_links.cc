// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Links of the card: the way to it, and what it tells without a PIN.
#include "jpkictl/doctor/check_lines.h"
#include "jpkictl/doctor/file_rules.h"
#include "jpkictl/doctor/gather.h"
#include "jpkictl/doctor/links.h"

#include <fmt/format.h>

namespace jpki::ctl::doctor {

// pcscd asks polkit where it is built with it; then a login may use readers only by our rule.
Finding judge_polkit(const Facts& facts) {
  const bool has_polkit = facts.file(kPolkitDaemon).exists() || facts.file(kOldPolkitDaemon).exists();
  const FileFact& rule = facts.file(kPolkitRule);
  if (!has_polkit) return good({N_("not needed: there is no polkit")});
  if (rule.kind == FileFact::Kind::kMissing)
    return bad({N_("{file} is missing"), {{"{file}", kPolkitRule}}},
               {"apt-get install --reinstall jpki-validator"});
  // polkitd runs as a user of its own.
  if (rule.exists() && (rule.mode & 0004) == 0)
    return bad({N_("{file} cannot be read by polkit"), {{"{file}", kPolkitRule}}},
               {fmt::format("chmod 0644 {}", kPolkitRule)});
  return good({N_("the rule is there")});
}

Finding judge_card_service(const Facts& facts) {
  if (facts.file(kCardDaemon).kind == FileFact::Kind::kMissing)
    return bad({N_("pcscd is not installed")}, {"apt-get install pcscd"});
  switch (facts.card.service) {
    case CardFacts::Service::kAnswers:
      return good({N_("it answers")});
    case CardFacts::Service::kDown:
      return bad({N_("it does not run, or lets nobody in")}, {"systemctl enable --now pcscd.socket"},
                 facts.card.service_says);
    case CardFacts::Service::kSilent:
      return bad({N_("it runs, but does not answer")}, {"systemctl restart pcscd.service"});
    case CardFacts::Service::kNotAsked:
      break;
  }
  return could_not_tell({N_("it was not asked")}, {}, facts.card.service_says);
}

Finding judge_modules(const Facts& facts) {
  if (facts.card.service == CardFacts::Service::kSilent)
    return could_not_tell({N_("they were not loaded, as pcscd does not answer")});
  return judge_subject(
      facts, {.name = subject::kModules,
              .fine = {N_("they can be loaded")},
              .wrong = {N_("a module cannot be loaded")},
              .otherwise = {"apt-get install --reinstall opensc-pkcs11",
                            {N_("If another module is named, correct modules in [pkcs11] of jpki.toml.")}}});
}

Finding judge_reader(const Facts& facts) {
  if (facts.card.readers == 0)
    return bad({N_("no reader is attached")},
               {{}, {N_("Attach a card reader, or another one, and look whether pcsc_scan shows it.")}});
  return good({N_("attached: {count}"), {{"{count}", std::to_string(facts.card.readers)}}});
}

Finding judge_card(const Facts& facts) {
  switch (facts.card.card) {
    case CardFacts::Card::kMyNumber:
      return good({N_("a MyNumber card is in the reader")});
    case CardFacts::Card::kNone:
      return could_not_tell({N_("no card is in a reader")},
                            {{}, {N_("Put a card into the reader and run this again.")}});
    case CardFacts::Card::kOther:
      return could_not_tell(
          {N_("the card in the reader is no MyNumber card")},
          {{}, {N_("Only a login shows whether it works. Try it with a MyNumber card as well.")}});
    case CardFacts::Card::kHeldByOther:
      return bad(
          {N_("another program has the reader for itself")},
          {{}, {N_("Close the program that uses the card, or take the card out and put it in again.")}});
    case CardFacts::Card::kSilent:
      break;
  }
  return bad(
      {N_("the card does not answer")},
      {{}, {N_("Take the card out, clean its contacts and put it in again; then try another reader.")}});
}

Finding judge_tries(const Facts& facts) {
  if (!facts.card.tries_left)
    return could_not_tell(
        {N_("the card does not tell")},
        {{}, {N_("Take the card out, clean its contacts and put it in again; then try another reader.")}});
  const unsigned tries = *facts.card.tries_left;
  if (tries == 0)
    return bad({N_("the PIN is locked")}, {{},
                                           {N_("The holder has to go to the counter of their municipality; "
                                               "an administrator cannot unlock it.")}});
  if (tries == 1)
    return bad({N_("one try is left")},
               {{}, {N_("The next wrong one locks the PIN. The right one gives all tries back.")}});
  return good({N_("{count} tries are left"), {{"{count}", std::to_string(tries)}}});
}

Finding judge_certificate(const Facts& facts) {
  if (!facts.card.certificate)
    return could_not_tell({N_("it could not be read or judged")}, {}, facts.check_problem);
  const Verdict verdict = *facts.card.certificate;
  if (verdict == Verdict::kAccepted) return good({N_("it leads to an anchor in force")});
  return bad(
      {N_("a login refuses it: {code}"), {{"{code}", code_of(verdict)}}},
      {{}, {N_("For cause and next step, run: jpkictl explain {code}"), {{"{code}", code_of(verdict)}}}},
      std::string(name_of(verdict)));
}

}  // namespace jpki::ctl::doctor
