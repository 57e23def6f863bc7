// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Fields that several of our protocols have, as wire.h writes them.
#pragma once

#include "base/protocol.h"
#include "base/verdict.h"
#include "base/wire.h"

namespace jpki {

inline void put(WireWriter& out, Verdict verdict) {
  out.number(static_cast<std::uint16_t>(verdict));
}

// A number that is no verdict's makes the message malformed.
inline Verdict take_verdict(WireReader& in) {
  const auto verdict = verdict_from(in.number<std::uint16_t>());
  if (!verdict) in.fail();
  return verdict.value_or(Verdict::kInternal);
}

inline void put(WireWriter& out, const PinForm& form) {
  out.number(form.min_length);
  out.number(form.max_length);
  out.flag(form.digits_only);
  out.flag(form.ascii_only);
}

inline PinForm take_pin_form(WireReader& in) {
  PinForm form;
  form.min_length = in.number<std::uint16_t>();
  form.max_length = in.number<std::uint16_t>();
  form.digits_only = in.flag();
  form.ascii_only = in.flag();
  return form;
}

}  // namespace jpki
