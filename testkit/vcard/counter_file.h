// SPDX-License-Identifier: LGPL-2.1-or-later
//
// CounterFile: the PIN retry counters of one card, kept as a real card keeps them: across reset, power loss
// and the end of this program. Two lines of text, "auth 3" and "sign 5"; replaced by write, fsync and rename.
#pragma once

#include "base/expected.h"

#include <cstdint>
#include <optional>
#include <string>

namespace jpki::vcard {

struct PinCounters {
  std::uint8_t auth = 0;
  std::uint8_t sign = 0;
  friend bool operator==(const PinCounters&, const PinCounters&) = default;
};

class CounterFile {
 public:
  explicit CounterFile(std::string path) : path_(std::move(path)) {}

  // The stored counters, or nothing when there is no file yet. The error names the file and the cause.
  Expected<std::optional<PinCounters>, std::string> load() const;

  // After success the counters are on the disk; after an error the old file is.
  Expected<Unit, std::string> save(PinCounters counters) const;

 private:
  std::string path_;
};

}  // namespace jpki::vcard
