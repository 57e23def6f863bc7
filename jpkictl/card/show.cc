// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/card/commands.h"
#include "jpkictl/card/waiting.h"
#include "jpkictl/generations.h"
#include "jpkictl/text.h"
#include "jpkictl/words.h"
#include "validator/trust/trust_store.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <unistd.h>

namespace jpki::ctl::card {
namespace {

using registration::CardReading;

// A card and what this site knows of it.
struct Shown {
  CardReading card;
  std::vector<Held> held;
  std::optional<AnchorState> state;  // of the anchor, where there is one
  std::string until;                 // when it retires; empty: never
};

std::string judged(Verdict verdict, const std::string& detail) {
  std::string text = fmt::format("{} {}", code_of(verdict), name_of(verdict));
  return detail.empty() ? text : text + " (" + detail + ")";
}

std::string line(const char* label, const std::string& value) {
  return say(label) + ": " + for_terminal(value, Lines::kOne) + "\n";
}

const char* kind_text(x509::Kind kind) {
  switch (kind) {
    case x509::Kind::kJpkiAuthentication:
      return N_("MyNumber card, certificate for user authentication");
    case x509::Kind::kLgpkiUser:
      return N_("LGPKI card, certificate of a member of staff");
    case x509::Kind::kLgpkiRole:
      return N_("LGPKI card, certificate of an office");
    case x509::Kind::kJpkiSignature:
    case x509::Kind::kDocumentSigning:
    case x509::Kind::kEncryption:
    case x509::Kind::kWebServer:
    case x509::Kind::kMail:
    case x509::Kind::kCodeSigning:
    case x509::Kind::kCirsTerminal:
    case x509::Kind::kAuthority:
    case x509::Kind::kUnknown:
      break;
  }
  return N_("another kind of certificate");
}

const char* state_text(AnchorState state) {
  switch (state) {
    case AnchorState::kInForce:
      return N_("in force");
    case AnchorState::kNotYet:
      return N_("not accepted yet");
    case AnchorState::kRetired:
      return N_("retired");
    case AnchorState::kCaNotYetValid:
      return N_("the CA is not valid yet");
    case AnchorState::kCaExpired:
      return N_("the CA has expired");
  }
  return "";
}

std::string tries_text(const CardReading& card) {
  if (registration::bars_token(card.pin)) return judged(card.pin, {});
  if (!card.tries_left) return say(N_("the card does not tell"));
  return card.max_tries == 0 ? std::to_string(*card.tries_left)
                             : say(N_("{tries} of {all}"), {{"{tries}", std::to_string(*card.tries_left)},
                                                            {"{all}", std::to_string(card.max_tries)}});
}

std::string held_text(const Shown& shown) {
  if (shown.held.empty()) return say(N_("to nobody"));
  std::string text;
  for (const Held& held : shown.held)
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", held.account, held.where);
  return text;
}

std::string generation_text(const Shown& shown) {
  if (!shown.state) return "-";
  const std::string until =
      shown.until.empty() ? "" : ", " + say(N_("accepted until {time}"), {{"{time}", shown.until}});
  return shown.card.anchor + " (" + say(state_text(*shown.state)) + until + ")";
}

std::string text_of(const Shown& shown, bool personal) {
  const CardReading& card = shown.card;
  std::string text =
      line(N_("Reader"), card.reader) +
      line(N_("Kind"), fmt::format("{} [{}]", say(kind_text(card.kind)), x509::name_of(card.kind))) +
      line(N_("Certificate"), judged(card.path, card.path_cause)) +
      line(N_("Generation"), generation_text(shown));
  if (card.path == Verdict::kAccepted)
    text += line(N_("Revocation"), judged(card.revocation, card.revocation_cause));
  text += line(N_("PIN tries left"), tries_text(card)) + line(N_("Registered"), held_text(shown));
  for (const std::string& mapping : card.mappings) text += line(N_("Bind by"), mapping);
  if (personal)
    text += line(N_("Subject"), card.subject) + line(N_("Issuer and serial number"), card.issuer_and_serial) +
            line(N_("Valid"), time_text(card.not_before) + " – " + time_text(card.not_after));
  return text;
}

Json verdict_json(Verdict verdict) {
  return {{"code", code_of(verdict)}, {"name", std::string(name_of(verdict))}};
}

Json json_of(const Shown& shown) {
  const CardReading& card = shown.card;
  Json registered = Json::array();
  for (const Held& held : shown.held)
    registered.push_back({{"account", held.account}, {"where", held.where}});
  // An issuer with a serial number tells who it is, and so stays on the terminal.
  Json mappings = Json::array();
  for (const std::string& mapping : card.mappings)
    if (mapping != card.issuer_and_serial) mappings.push_back(mapping);
  return {{"reader", card.reader},
          {"kind", std::string(x509::name_of(card.kind))},
          {"certificate", verdict_json(card.path)},
          {"generation", card.anchor.empty() ? Json() : Json(card.anchor)},
          {"generation_state", shown.state ? Json(std::string(name_of(*shown.state))) : Json()},
          {"revocation", verdict_json(card.revocation)},
          {"pin", verdict_json(card.pin)},
          {"tries_left", card.tries_left ? Json(*card.tries_left) : Json()},
          {"mappings", std::move(mappings)},
          {"registered", std::move(registered)}};
}

// Whether it could log in.
ExitStatus status_of(const CardReading& card) {
  if (registration::bars_token(card.pin)) return ExitStatus::kBad;
  for (const Verdict verdict : {card.path, card.revocation, card.pin})
    if (verdict != Verdict::kAccepted) return ctl::status_of(verdict);
  return ExitStatus::kGood;
}

Expected<Shown, Trouble> known_of(CardReading card, const Site& site, const trust::TrustStore& anchors,
                                  Time now) {
  auto held = site.registry->holders_of(card.mappings);
  if (!held) return Unexpected{held.error()};
  const auto in_directory = held_in_snapshot(site, card.mappings);
  if (!in_directory) return Unexpected{in_directory.error()};
  const auto in_overlay = held_in_overlay(site, card.mappings);
  if (!in_overlay) return Unexpected{in_overlay.error()};
  for (const auto* more : {&*in_directory, &*in_overlay})
    held->insert(held->end(), more->begin(), more->end());
  const auto anchor = std::ranges::find(anchors, card.anchor, &trust::Anchor::name);
  Shown shown{std::move(card), std::move(*held), {}, {}};
  if (anchor != anchors.end()) {
    shown.state = state_at(*anchor, now);
    if (anchor->accept_until) shown.until = time_text(*anchor->accept_until);
  }
  return shown;
}

}  // namespace

ExitStatus show(const ShowOptions& options, const Context& context) {
  const auto site = open_site(context, options.place, Use::kRead);
  if (!site) return tell(site.error(), context);
  const auto anchors = trust::load_trust_store(site->config.anchors_directory, context.trust);
  if (!anchors) return tell(could_not(anchors.error()), context);
  auto cards = Desk(context, options.card.desk()).read();
  if (!cards) return tell(cards.error(), context);

  const bool personal = ::isatty(::fileno(context.out)) == 1;
  ExitStatus worst = ExitStatus::kGood;
  Json json = Json::array();
  std::string text;
  for (CardReading& card : *cards) {
    worst = std::max(worst, status_of(card));
    const auto shown = known_of(std::move(card), *site, *anchors, context.now);
    if (!shown) return tell(shown.error(), context);
    json.push_back(json_of(*shown));
    text += (text.empty() ? "" : "\n") + text_of(*shown, personal);
  }
  context.print(context.json ? print_json({{"cards", std::move(json)}}) : text);
  return worst;
}

}  // namespace jpki::ctl::card
