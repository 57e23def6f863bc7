// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What enroll --csv leaves beside its file: who is done (FILE.state), and what would take everything back
// (FILE.undo). Lines are appended and brought to disk one by one, each before what it tells of; a last line
// without an end was never acted upon.
#pragma once

#include "jpkictl/card/registry.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::ctl::card {

inline constexpr std::string_view kStateSuffix = ".state";
inline constexpr std::string_view kUndoSuffix = ".undo";

// "ACCOUNT"
std::set<std::string> parse_state(std::string_view text);

// "REGISTRY<TAB>ACCOUNT<TAB>MAPPING", mappings canonical; `where` is the registry. The error names the line.
std::string undo_line(const Held& binding);
Expected<std::vector<Held>, std::string> parse_undo(std::string_view text);

// Root's own file, made with mode 0600, mended where the last line has no end. The error is "FILE: why".
Expected<Unit, std::string> append_line(const std::string& path, std::string_view line);
// Empty where there is no file.
Expected<std::string, std::string> read_journal(const std::string& path);

}  // namespace jpki::ctl::card
