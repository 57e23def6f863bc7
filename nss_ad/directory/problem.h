// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Problems with single objects of the directory: what an administrator is told of those that are left out of
// the snapshot, or come into it with something missing. Codes are never reused or renumbered; they are 820 to
// 859 of the hundred of nss_ad.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::ad {

enum class ObjectProblem : std::uint16_t {
  kMalformed = 820,            // an attribute is missing or no value of its syntax; left out
  kNameUnusable = 821,         // sAMAccountName cannot be an account name here; left out
  kNameDuplicate = 822,        // two objects have one name; all of them left out
  kIdWouldChange = 823,        // the id differs from the one of the last snapshot; left out
  kIdTaken = 824,              // another object of the directory has the id; all of them left out
  kIdLocal = 825,              // this computer gives the id to somebody else; left out
  kIdMissing = 826,            // the scheme gives no id; left out
  kNameLocal = 827,            // this computer has the name; left out
  kPrimaryGroupUnknown = 828,  // the primary group has no id here; left out
  kFieldUnusable = 829,        // home or shell cannot stand in a passwd entry; left out (gecos: emptied)
  kGroupCycle = 830,           // groups that contain each other; kept, everybody is a member of all
  kNameReserved = 831,         // packages give the name a meaning of their own; left out
  kMappingMalformed = 840,     // an altSecurityIdentities value that is no mapping string; not bound
  kMappingWeak = 841,          // a weak mapping string that is not allowed; not bound
  kMappingAmbiguous = 842,     // one mapping string under several accounts; it refuses that certificate
};

// Every problem, in ascending order.
std::span<const ObjectProblem> all_object_problems() noexcept;

// "JPKI-823"
std::string code_of(ObjectProblem problem);

struct ObjectReport {
  struct Line {
    ObjectProblem problem;
    std::string text;  // which object, cause, next step
    bool operator==(const Line&) const = default;
  };
  std::vector<Line> lines;

  void add(ObjectProblem problem, std::string text) { lines.push_back({problem, std::move(text)}); }
};

// "JPKI-823: taro: …"
std::string to_line(const ObjectReport::Line& line);

}  // namespace jpki::ad
