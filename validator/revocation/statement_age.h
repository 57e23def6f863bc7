// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How old a statement about a certificate was, as a log may tell it. A CRL is one municipality's, and its
// exact age with the line's time is when it was published, which tells whose it is. So the log has a few
// words for all ages.
#pragma once

#include <chrono>
#include <string_view>

namespace jpki::revocation {

// "<1h" (never of a CRL), "<1d", "<2d", "<7d" or ">7d".
std::string_view age_for_log(std::chrono::seconds age, bool of_crl) noexcept;

}  // namespace jpki::revocation
