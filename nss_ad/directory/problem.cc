// SPDX-License-Identifier: LGPL-2.1-or-later
#include "nss_ad/directory/problem.h"

namespace jpki::ad {
namespace {

constexpr ObjectProblem kAll[] = {
    ObjectProblem::kMalformed,        ObjectProblem::kNameUnusable, ObjectProblem::kNameDuplicate,
    ObjectProblem::kIdWouldChange,    ObjectProblem::kIdTaken,      ObjectProblem::kIdLocal,
    ObjectProblem::kIdMissing,        ObjectProblem::kNameLocal,    ObjectProblem::kPrimaryGroupUnknown,
    ObjectProblem::kFieldUnusable,    ObjectProblem::kGroupCycle,   ObjectProblem::kNameReserved,
    ObjectProblem::kMappingMalformed, ObjectProblem::kMappingWeak,  ObjectProblem::kMappingAmbiguous,
};

}  // namespace

std::span<const ObjectProblem> all_object_problems() noexcept {
  return kAll;
}

std::string code_of(ObjectProblem problem) {
  return "JPKI-" + std::to_string(static_cast<unsigned>(problem));
}

std::string to_line(const ObjectReport::Line& line) {
  return code_of(line.problem) + ": " + line.text;
}

}  // namespace jpki::ad
