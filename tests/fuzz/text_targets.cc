// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/protocol.h"
#include "base/session_record.h"
#include "jpkictl/card/request.h"
#include "tests/fuzz/fuzz_file.h"
#include "tests/fuzz/targets.h"
#include "validator/config/config.h"
#include "validator/fetch/fetch_protocol.h"
#include "validator/map/whole_map.h"
#include "validator/schedule/service_hours.h"
#include "validator/succession/feed.h"
#include "validator/succession/overlay.h"
#include "validator/succession/registrar_messages.h"
#include "validator/succession/replaced.h"
#include "validator/succession/resolver.h"
#include "validator/trust/certificate_file.h"
#include "validator/trust/trust_store.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include <unistd.h>

namespace jpki::fuzz {
namespace {

// The search finds what the whole parse finds; what it refuses is a wrong line.
void expect_same(std::string_view text, const map::MapFile& file, const map::WholeMap& whole,
                 const std::string& mapping) {
  std::vector<map::Binding> expected;
  for (const map::Binding& binding : whole.bindings)
    if (binding.mapping == mapping) expected.push_back(binding);
  std::vector<map::Binding> found;
  const auto searched = map::LineSearch({mapping}).add(text, 0, found);
  if (searched && found != expected) std::abort();
  if (!searched) {
    const std::string_view line = text.substr(searched.error().offset);
    if (map::parse_line(line.substr(0, line.find('\n')))) std::abort();
  }
  const auto from_file = file.bindings_of({mapping});
  if (from_file && (!searched || *from_file != expected)) std::abort();
  if (!from_file && whole.complaints.empty()) std::abort();
}

void account_map(Bytes input) {
  constexpr std::size_t kAsked = 8;
  const FuzzFile path("map", input);
  const auto file = map::MapFile::open(path.path(), ::getuid());
  const auto whole = map::load_map(path.path(), ::getuid());
  if (!file || !whole) std::abort();
  (void)whole->accounts();
  for (std::size_t i = 0; i < std::min(whole->bindings.size(), kAsked); ++i)
    expect_same(as_text(input), *file, *whole, whole->bindings[i].mapping);
  (void)file->bindings_of({"X509:<SKI>00"});
}

// What sources say of a certificate: it names another one, or nothing; an overlay can be written again.
void succession_sources(Bytes input) {
  const std::string_view text = as_text(input);
  for (const succession::Answer& answer :
       {succession::search_feed(text, {"X509:<SKI>0a"}), succession::parse_resolver_answer(text)}) {
    if ((answer.kind == succession::Answer::Kind::kOld) == answer.old.empty()) std::abort();
    if (answer.old.size() > succession::kMostOld) std::abort();
    for (const std::string& name : answer.old)
      if (succession::canonical_name(name, false) != name) std::abort();
  }
  if (const auto replaced = succession::decode_replaced(input); replaced && replaced->serial.empty())
    std::abort();
  if (const auto entries = succession::parse_overlay(text))
    if (*succession::parse_overlay(succession::spelled(*entries)) != *entries) std::abort();
  // A request of another computer has one spelling: what is signed is what is read.
  if (const auto requests = ctl::card::parse_requests(text)) {
    std::string spelled;
    for (const auto& request : *requests) spelled += ctl::card::spelled(request);
    if (spelled != text) std::abort();
  }
  (void)succession::read_question(input);
  (void)succession::read_reply(input);
}

}  // namespace

void frame(Bytes input) {
  auto message = decode(input);
  if (!message) return;
  std::array<std::uint8_t, kMaxFrame> out{};
  const auto size = encode(*message, out);
  if (!size) std::abort();  // what was decoded can be said again
  ProtocolOrder order;
  (void)order.accept(*message);
}

void fetch(Bytes input) {
  if (const auto call = fetch::decode_call(input)) {
    const auto again = fetch::encode_call(*call);
    if (!again || fetch::decode_call(*again) != call) std::abort();
  }
  if (const auto result = fetch::decode_result(input)) {
    if (!fetch::decode_result(fetch::encode_result(*result))) std::abort();
  }
}

void config(Bytes input) {
  config::Config config;
  const auto applied = config::apply_config(as_text(input), "fuzz.toml", config);
  if (!applied && applied.error().empty()) std::abort();
}

void files(Bytes input) {
  if (const auto record = parse_session_record(as_text(input)))
    if (!parse_session_record(text_of(*record))) std::abort();
  const FileTrust trust{.owner = ::getuid()};
  (void)schedule::parse_holidays(as_text(input), "holidays");
  (void)schedule::parse_interval(as_text(input));
  (void)trust::certificates_in(input);
  account_map(input);
  succession_sources(input);
  const FuzzFile anchor("anchors.d/anchor.toml", input);
  (void)trust::load_trust_store(anchor.directory(), trust);
}

void time_zone(Bytes input) {
  const auto zone = schedule::TimeZone::decode("Fuzz/Zone", input);
  if (!zone) return;
  for (const std::int64_t when :
       {std::int64_t{-4000000000}, std::int64_t{0}, std::int64_t{1795305600}, std::int64_t{1} << 40})
    (void)zone->offset_at(Time(std::chrono::seconds(when)));
  schedule::ServiceHours hours;
  hours.hours = {{std::chrono::hours(8), std::chrono::hours(21)}};
  hours.zone = *zone;
  const Time noon{std::chrono::seconds(1795305600)};
  (void)schedule::is_open(hours, noon);
  (void)schedule::next_change(hours, noon);
  (void)schedule::local_text(*zone, noon);
}

}  // namespace jpki::fuzz
