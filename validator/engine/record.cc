// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/record.h"

#include <fmt/format.h>

namespace jpki::engine {

void Record::begin(Step step) {
  steps_.push_back({step, Deadline::ClockType::now()});
}

std::string Record::line(Verdict verdict) const {
  const auto shown = [](const std::string& text) -> std::string_view {
    return text.empty() ? std::string_view("-") : std::string_view(text);
  };
  std::string out =
      fmt::format("evidence for {}: kind={} anchor={} revocation={} certificate={} steps=", code_of(verdict),
                  shown(kind), shown(anchor), shown(evidence), shown(certificate));
  const Ticks now = Deadline::ClockType::now();
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Ticks end = i + 1 < steps_.size() ? steps_[i + 1].began : now;
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(end - steps_[i].began);
    out += fmt::format("{}{}:{}ms", i == 0 ? "" : ",", name_of(steps_[i].step), spent.count());
  }
  if (!cause.empty()) out += fmt::format(" cause=\"{}\"", cause);
  return out;
}

}  // namespace jpki::engine
