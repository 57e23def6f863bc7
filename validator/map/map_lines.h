// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The lines of the account map: one binding a line, or all that bind one certificate, found without reading
// the others.
#pragma once

#include "base/expected.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jpki::map {

struct Binding {
  std::size_t offset = 0;  // of the line's first byte, from the beginning of the file
  std::string account;
  std::string mapping;  // canonical spelling

  bool operator==(const Binding&) const = default;
};

// A line that says nothing; it binds nobody.
struct WrongLine {
  std::size_t offset = 0;
  std::string cause;  // what is wrong and what to write; no personal data

  bool operator==(const WrongLine&) const = default;
};

// A line has fewer bytes, its end not counted: this much of the file is read at once.
inline constexpr std::size_t kLineLimit = std::size_t{64} << 10;

// The binding that `line`, without its end, makes; nothing for a comment or an empty line. Offsets are 0.
Expected<std::optional<Binding>, WrongLine> parse_line(std::string_view line);

// The lines that bind to one of some mapping strings. All strong strings end in hexadecimal digits, so the
// end of a line tells whether it is worth parsing.
class LineSearch {
 public:
  // `mappings`: canonical and strong.
  explicit LineSearch(std::vector<std::string> mappings);

  // Adds what binds in `lines`, whole lines that begin at `offset` of the file, to `found`, in their order.
  // An error for the first wrong line that is no shorter than all of the strings and ends like one.
  Expected<Unit, WrongLine> add(std::string_view lines, std::size_t offset,
                                std::vector<Binding>& found) const;

 private:
  // The last digits of a mapping string, at most as many as fit into a word, as a line's last bytes are
  // compared with them.
  struct Tail {
    std::uint64_t digits = 0;
    std::uint64_t mask = 0;  // where `digits` has one
  };
  static Tail tail_of(std::string_view mapping);
  bool may_end(std::string_view line) const;

  std::vector<std::string> mappings_;
  std::vector<Tail> tails_;
  std::size_t shortest_;  // bytes that a line needs to bind to one of mappings_
};

}  // namespace jpki::map
