// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/unit/validator/crl_matrix.h"

namespace jpki::test {
namespace {

using enum Answer;

// Two hours old, and past its nextUpdate.
pki::CrlBuilder late(pki::CrlBuilder crl) {
  return expired(aged(std::move(crl), std::chrono::hours(2)));
}

}  // namespace

// When a hold ends.
std::vector<CrlCase> hold_cases() {
  return {
      {"hold lifted by a later list",
       [] {
         return about_person({holding(chiyoda()), aged(chiyoda(), std::chrono::hours(1))});
       },
       kGood, kGoodClause},
      {"hold not lifted by an earlier list",
       [] {
         return about_person({aged(holding(chiyoda()), std::chrono::hours(1)), chiyoda()});
       },
       kRevoked, kHeld},
      {"hold not lifted by a list of the same second",
       [] {
         return about_person({holding(chiyoda()), chiyoda()});
       },
       kRevoked, kHeld},
      {"hold not lifted by a later list of another scope",
       [] {
         return about_person({holding(chiyoda()), aged(full_crl(), std::chrono::hours(1))});
       },
       kRevoked, kHeld},
      {"hold not lifted by a later list that is too old",
       [] {
         return about_person({holding(chiyoda()), expired(aged(chiyoda(), std::chrono::hours(1)))});
       },
       kRevoked, kHeld},
      {"hold not lifted by a silent delta that begins after it",
       [] {
         return about_person({holding(chiyoda()), delta_of(chiyoda(), 8), full_crl()});
       },
       kRevoked, kHeld},
      {"hold not lifted by a silent delta of a list without a number",
       [] {
         return about_person(
             {holding(chiyoda()).remove(pki::oid::kCrlNumber), delta_of(chiyoda()), full_crl()});
       },
       kRevoked, kHeld},
      {"hold of a delta not lifted by a silent one that is later",
       [] {
         return about_person({full_crl(), aged(holding(delta(7, 8)), std::chrono::hours(2)), delta()});
       },
       kRevoked, kHeld},
      {"hold of a delta lifted by a later one that removes",
       [] {
         return about_person(
             {full_crl(), aged(holding(delta(7, 8)), std::chrono::hours(2)), removing(delta())});
       },
       kGood, kGoodClause},
      {"hold of a delta lifted by a later base, which no delta touches",
       [] {
         return about_person({full_crl(), aged(holding(delta(7, 8)), std::chrono::hours(2)),
                              aged(full_crl(), std::chrono::hours(1)).replace(pki::crl_number(9)),
                              delta(9, 10)});
       },
       kGood, kGoodClause},
      {"hold of a delta too old, base too old as well",
       [] {
         return about_person({expired(full_crl()), holding(expired(delta()))});
       },
       kStale, kStaleClause},
      {"hold of a delta too old alone", [] { return about_person({holding(expired(delta()))}); }, kNotCovered,
       "5.2.4"},
      {"hold of a delta too old beside a fresh one, without a base",
       [] {
         return about_person({delta(7, 8), holding(expired(delta()))});
       },
       kNotCovered, "5.2.4"},
      {"hold of a delta too old that begins after the base",
       [] {
         return about_person({full_crl(), holding(expired(delta(8)))});
       },
       kGood, kGoodClause},
      {"hold of a delta too old of the base's number",
       [] {
         return about_person({full_crl(), holding(expired(delta(3, 7)))});
       },
       kGood, kGoodClause},
      {"hold of a delta too old without a number",
       [] {
         return about_person({full_crl(), holding(expired(delta())).remove(pki::oid::kCrlNumber)});
       },
       kGood, kGoodClause},
      {"hold of a delta too old of another scope",
       [] {
         return about_person({full_crl(), holding(expired(delta_of(chiyoda())))});
       },
       kGood, kGoodClause},
      {"hold of a delta too old whose base is too old, beside a fresh list of another scope",
       [] {
         return about_person({expired(chiyoda()), holding(expired(delta_of(chiyoda()))), full_crl()});
       },
       kGood, kGoodClause},
      {"hold of a delta too old not lifted by a silent one that is later",
       [] {
         return about_person({full_crl(), late(holding(delta(7, 8))), delta()});
       },
       kRevoked, kHeld},
      {"hold of a delta too old, the base only by a later silent one fresh",
       [] {
         return about_person({expired(full_crl()), late(holding(delta(7, 8))), delta()});
       },
       kRevoked, kHeld},
      {"hold of a delta too old lifted by a later one that removes",
       [] {
         return about_person({full_crl(), late(holding(delta(7, 8))), removing(delta())});
       },
       kGood, kGoodClause},
      {"hold of a delta too old lifted by a later one, too old as well, that removes",
       [] {
         return about_person({full_crl(), late(holding(delta(7, 255))), expired(removing(delta(7, 256)))});
       },
       kGood, kGoodClause},
      {"hold of a delta too old not lifted by an earlier one that removed",
       [] {
         return about_person({full_crl(), late(removing(delta(7, 255))), expired(holding(delta(7, 256)))});
       },
       kRevoked, kHeld},
      {"hold of a delta too old not lifted by a later one of another scope that removes",
       [] {
         return about_person(
             {full_crl(), late(holding(delta(7, 8))), expired(removing(delta_of(chiyoda())))});
       },
       kRevoked, kHeld},
      {"hold of a delta too old not lifted by one without a number that removes",
       [] {
         return about_person({full_crl(), late(holding(delta(7, 8))),
                              removing(expired(delta())).remove(pki::oid::kCrlNumber)});
       },
       kRevoked, kHeld},
      {"hold of a delta too old lifted by a later base",
       [] {
         return about_person({full_crl(), late(holding(delta(7, 8))),
                              aged(full_crl(), std::chrono::hours(1)).replace(pki::crl_number(9))});
       },
       kGood, kGoodClause},
      {"hold of a delta too old not lifted by a later base that is too old",
       [] {
         return about_person({full_crl(), late(holding(delta(7, 8))),
                              expired(aged(full_crl(), std::chrono::hours(1))).replace(pki::crl_number(9))});
       },
       kRevoked, kHeld},
      {"revoked while on hold",
       [] {
         return about_person({holding(chiyoda()), aged(revoking(chiyoda()), std::chrono::hours(1))});
       },
       kRevoked, kListed},
  };
}

}  // namespace jpki::test
