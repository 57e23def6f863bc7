// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/control_commands.h"

#include <charconv>
#include <optional>
#include <vector>

#include <fmt/format.h>

namespace jpki::vcard {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::chrono::milliseconds kDefaultWait{10000};

std::vector<std::string_view> split_words(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
    if (line.empty()) return words;
    const std::size_t size = std::min(line.find_first_of(" \t\r"), line.size());
    words.push_back(line.substr(0, size));
    line.remove_prefix(size);
  }
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string error_reply(std::string_view text) {
  return "error: " + std::string(text);
}

using Condition = std::function<bool()>;

// "apdus>=5" and its like.
std::optional<Condition> count_condition(CardInReader& reader, std::string_view text) {
  struct Count {
    std::string_view name;
    std::uint64_t Statistics::*member;
  };
  static constexpr Count kCounts[] = {{"apdus>=", &Statistics::apdus},
                                      {"verifies>=", &Statistics::verifies},
                                      {"signs>=", &Statistics::signs},
                                      {"resets>=", &Statistics::resets}};
  for (const Count& count : kCounts) {
    if (!text.starts_with(count.name)) continue;
    const auto least = number<std::uint64_t>(text.substr(count.name.size()));
    if (!least) return std::nullopt;
    return [&card = reader.card, member = count.member, least = *least] {
      return card.statistics().*member >= least;
    };
  }
  return std::nullopt;
}

std::optional<Condition> condition(CardInReader& reader, std::string_view text) {
  ReaderLink& link = reader.link;
  if (text == "present") return [&link] { return link.present(); };
  if (text == "absent") return [&link] { return link.absent(); };
  if (text == "connected") return [&link] { return link.connected(); };
  if (text == "idle") return [&link] { return link.idle(); };
  return count_condition(reader, text);
}

CommandResult wait(CardInReader& reader, Words arguments) {
  const auto holds = condition(reader, arguments[0]);
  if (!holds)
    return error_reply(
        "wait for present, absent, connected, idle, apdus>=N, verifies>=N, signs>=N or resets>=N");
  auto at_most = kDefaultWait;
  if (arguments.size() == 2) {
    const auto seconds = number<double>(arguments[1]);
    if (!seconds || !(*seconds >= 0 && *seconds <= 86400)) return error_reply("wait: SECONDS is 0 to 86400");
    at_most = std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000));
  }
  return PendingWait{*holds, at_most};
}

CommandResult insert(CardInReader& reader, Words) {
  reader.link.insert();
  return "ok";
}

CommandResult remove(CardInReader& reader, Words) {
  reader.link.remove();
  return "ok";
}

CommandResult reset_counters(CardInReader& reader, Words) {
  return reader.card.reset_counters() ? "ok" : error_reply("the state file could not be written");
}

CommandResult stats(CardInReader& reader, Words) {
  return stats_json(reader);
}

CommandResult stats_reset(CardInReader& reader, Words) {
  reader.card.reset_statistics();
  return "ok";
}

CommandResult fault(CardInReader& reader, Words arguments) {
  const auto added = reader.card.add_fault(arguments[0]);
  return added ? "ok" : error_reply(added.error());
}

CommandResult faults_clear(CardInReader& reader, Words) {
  reader.card.clear_faults();
  return "ok";
}

CommandResult trace(CardInReader& reader, Words arguments) {
  if (arguments[0] != "on" && arguments[0] != "off") return error_reply("trace on, or trace off");
  reader.card.set_trace(arguments[0] == "on");
  return "ok";
}

struct Command {
  std::string_view name;
  std::size_t min_arguments;
  std::size_t max_arguments;
  CommandResult (*run)(CardInReader& reader, Words arguments);
};

constexpr Command kCommands[] = {
    {"insert", 0, 0, insert}, {"remove", 0, 0, remove},
    {"stats", 0, 0, stats},   {"stats-reset", 0, 0, stats_reset},
    {"fault", 1, 1, fault},   {"faults-clear", 0, 0, faults_clear},
    {"trace", 1, 1, trace},   {"reset-counters", 0, 0, reset_counters},
    {"wait", 1, 2, wait},
};

}  // namespace

CommandResult ControlCommands::execute(std::string_view line) const {
  const std::vector<std::string_view> all = split_words(line);
  Words words = all;
  std::size_t index = 0;
  if (!words.empty() && words[0].starts_with('@')) {
    const auto chosen = number<std::size_t>(words[0].substr(1));
    if (!chosen || *chosen >= cards_.size()) return error_reply("no such card: " + std::string(words[0]));
    index = *chosen;
    words = words.subspan(1);
  }
  if (words.empty()) return error_reply("no command");
  const Words arguments = words.subspan(1);
  for (const Command& command : kCommands) {
    if (command.name != words[0]) continue;
    if (arguments.size() < command.min_arguments || arguments.size() > command.max_arguments) {
      return error_reply("wrong number of arguments for " + std::string(words[0]));
    }
    return command.run(*cards_[index], arguments);
  }
  return error_reply("unknown command: " + std::string(words[0]));
}

std::string stats_json(const CardInReader& reader) {
  const Statistics& s = reader.card.statistics();
  const JpkiApplet& applet = reader.card.applet();
  return fmt::format(
      R"({{"apdus":{},"selects":{},"reads":{},"verifies":{},"verifies_empty":{},"signs":{},"resets":{},)"
      R"("power_ons":{},"bytes_in":{},"bytes_out":{},"auth_tries_left":{},"sign_tries_left":{},)"
      R"("auth_verified":{},"present":{},"connected":{}}})",
      s.apdus, s.selects, s.reads, s.verifies, s.verifies_empty, s.signs, s.resets, s.power_ons, s.bytes_in,
      s.bytes_out, applet.auth_pin().tries_left(), applet.sign_pin().tries_left(),
      applet.auth_pin().verified(), reader.link.present(), reader.link.connected());
}

}  // namespace jpki::vcard
