// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/card/pcsc_probe.h"

#include "validator/card/card_service.h"

#include <algorithm>

namespace jpki::card {

MissingToken explain_missing_token(bool any_slot, const Reach& reach,
                                   const Expected<const CardService*, CardError>& service) {
  const CardError no_card{Verdict::kNoCard, "no slot holds a token"};
  if (!service && reach.socket)
    return {{Verdict::kSeatUnreachable, reach.socket->path + ": " + service.error().cause}, {}};
  if (!service) return {any_slot ? no_card : service.error(), {}};
  auto readers = (*service)->readers();
  if (!readers) return {any_slot ? no_card : readers.error(), {}};
  std::erase_if(*readers, [&](const CardService::Reader& reader) { return !reach.admits(reader.name); });
  if (readers->empty())
    return {
        {Verdict::kNoReader, reach.seat.empty() ? "every reader belongs to a seat"
                                                : "the reader of seat " + reach.seat + " is not attached"},
        {}};
  if (std::ranges::any_of(*readers, &CardService::Reader::held_by_other))
    return {{Verdict::kCardBusy, "another program holds a reader exclusively"}, {}};
  MissingToken missing{no_card, {}};
  for (const CardService::Reader& reader : *readers)
    if (reader.holds_card) missing.occupied.push_back(reader.name);
  return missing;
}

}  // namespace jpki::card
