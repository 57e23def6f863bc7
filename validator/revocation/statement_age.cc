// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/revocation/statement_age.h"

namespace jpki::revocation {

std::string_view age_for_log(std::chrono::seconds age, bool of_crl) noexcept {
  using std::chrono::days;
  if (age < std::chrono::hours(1) && !of_crl) return "<1h";
  if (age < days(1)) return "<1d";
  if (age < days(2)) return "<2d";
  return age < days(7) ? "<7d" : ">7d";
}

}  // namespace jpki::revocation
