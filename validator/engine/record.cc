// SPDX-License-Identifier: LGPL-2.1-or-later
#include "validator/engine/record.h"

#include "base/printable.h"

#include <fmt/format.h>

namespace jpki::engine {

void Record::begin(Step step) {
  steps_.push_back({step, Deadline::ClockType::now()});
}

std::int64_t Record::milliseconds_to(Ticks when) const {
  const Ticks first = steps_.empty() ? when : steps_.front().began;
  return std::chrono::duration_cast<std::chrono::milliseconds>(when - first).count();
}

std::string Record::source_part(const revocation::SourceTrace& trace) const {
  std::string out = " " + trace.source;
  if (trace.depth > 0) out += fmt::format("/{}", trace.depth);
  out += '=';
  if (trace.asked) out += fmt::format("asked:+{}ms,", milliseconds_to(*trace.asked));
  if (trace.answered) out += fmt::format("answered:+{}ms,", milliseconds_to(*trace.answered));
  out += trace.result;
  // A refusal's cause tells all of them.
  if (cause.empty() && !trace.failure.empty()) out += fmt::format("({})", in_quotes(trace.failure));
  return out;
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
    out += fmt::format("{}{}:+{}ms/{}ms", i == 0 ? "" : ",", name_of(steps_[i].step),
                       milliseconds_to(steps_[i].began), spent.count());
  }
  for (const revocation::SourceTrace& trace : sources) out += source_part(trace);
  if (!succession.empty()) out += " succession=" + succession;
  if (!self_registration.empty()) out += " self_registration=" + self_registration;
  if (presence) out += " unlock=presence";
  if (smartphone) out += " medium=smartphone";
  if (!cause.empty()) out += fmt::format(" cause={}", in_quotes(cause));
  return out;
}

}  // namespace jpki::engine
