// SPDX-License-Identifier: LGPL-2.1-or-later
#include "pam_jpki/whereabouts.h"

#include "pam_jpki/account.h"

namespace jpki::pam {
namespace {

PlaceFacts read_place_facts(pam_handle_t* handle, const PlaceSources& sources) {
  PlaceFacts facts = read_process_facts(sources);
  facts.remote_host = text_item(handle, PAM_RHOST);
  facts.terminal = text_item(handle, PAM_TTY);
  if (const char* seat = ::pam_getenv(handle, "XDG_SEAT")) facts.seat = seat;
  return facts;
}

std::optional<std::string> elsewhere(const Call& call, const PlaceFacts& facts) {
  const PlaceDecision place = decide_place(facts);
  if (place.place == Place::kHere) return std::nullopt;
  if (place.place == Place::kUnknown && call.options.unknown_is_here.value_or(!facts.logind))
    return std::nullopt;
  return place.because;
}

}  // namespace

std::optional<std::string> elsewhere(const Call& call) {
  return elsewhere(call, read_place_facts(call.handle, call.installation.place));
}

std::optional<std::string> not_at_a_seat(Call& call) {
  const PlaceFacts facts = read_place_facts(call.handle, call.installation.place);
  call.person = {.whereabouts = whereabouts_of(facts)};
  auto why = call.options.allow_remote ? std::nullopt : elsewhere(call, facts);
  call.person.elsewhere = why && call.options.remote_seats;
  if (call.person.elsewhere) call.log.write(LogLevel::kDebug, "a [[seat]] must be for this person: " + *why);
  return call.person.elsewhere ? std::nullopt : why;
}

}  // namespace jpki::pam
