// SPDX-License-Identifier: LGPL-2.1-or-later
#include "testkit/vcard/options.h"

#include <CLI/CLI.hpp>

namespace jpki::vcard {
namespace {

constexpr const char* kFooter =
    "Faults: pulled-before=WHEN pulled-inside=WHEN silent=WHEN (WHEN: N, the N-th command from now, or\n"
    "  select, read, verify, verify-empty, sign); sw=INS:SW; garbage-certificate bad-signature "
    "short-signature\n"
    "  empty-signature replay-signature wrong-key blocked-auth blocked-sign\n"
    "Commands of ctl: insert, remove, reset-counters, stats, stats-reset, fault SPEC, faults-clear, trace "
    "on|off,\n"
    "  wait present|absent|connected|idle|apdus>=N|verifies>=N|signs>=N|resets>=N [SECONDS]; before them, @N "
    "for card "
    "N";

// Options that need more than a plain assignment.
struct Raw {
  unsigned auth_tries = 3;
  unsigned sign_tries = 5;
  double apdu_latency_ms = 0;
  double byte_latency_us = 0;
  std::string blocked = "6984";
  bool next_generation = false;
  std::string control_socket;
  std::vector<std::string> control_words;
};

void declare_places(CLI::App& app, ServeOptions& serve) {
  app.add_option("--card", serve.card_directories,
                 "Directory of a card; the N-th goes into the reader at port+N")
      ->allow_extra_args(false);
  app.add_option("--host", serve.host, "Where vpcd listens")->capture_default_str();
  app.add_option("--port", serve.port, "Port of the first reader")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  app.add_option("--state", serve.state_file, "File that keeps the PIN counters");
  app.add_option("--control", serve.control_socket, "Path of the control socket");
  app.add_flag("--absent", serve.absent, "Start with the cards outside the readers");
}

void declare_behaviour(CLI::App& app, ServeOptions& serve, Raw& raw) {
  const CLI::Range tries(1, 15);
  const CLI::Range latency(0.0, 1e6);
  AppletRules& rules = serve.rules;
  app.add_option("--auth-pin", rules.auth_pin.value, "Authentication PIN, 4 characters")
      ->capture_default_str();
  app.add_option("--sign-pin", rules.sign_pin.value, "Signature PIN, 6 to 16 characters")
      ->capture_default_str();
  app.add_option("--auth-tries", raw.auth_tries, "Number of tries for the authentication PIN")
      ->check(tries)
      ->capture_default_str();
  app.add_option("--sign-tries", raw.sign_tries, "Number of tries for the signature PIN")
      ->check(tries)
      ->capture_default_str();
  app.add_option("--apdu-latency-ms", raw.apdu_latency_ms, "Time for each command")->check(latency);
  app.add_option("--byte-latency-us", raw.byte_latency_us, "Time for each byte of command and response")
      ->check(latency);
  app.add_option("--blocked-sw", raw.blocked, "Status word of VERIFY on a blocked PIN")
      ->check(CLI::IsMember({"6983", "6984"}))
      ->capture_default_str();
  app.add_flag("--blocked-empty-verify", rules.blocked_empty_verify,
               "Also answer with it to VERIFY without data, instead of 63C0");
  app.add_flag("--next-generation", raw.next_generation, "ECDSA P-384 keys");
  app.add_flag("--smartphone", rules.smartphone,
               "A smartphone: the authentication certificate is told only after its PIN");
  app.add_flag_callback(
      "--no-short-identifiers", [&rules] { rules.short_identifiers = false; },
      "A file must be selected before it is read");
  app.add_option("--fault", serve.faults, "A fault to start with; \"@N SPEC\" for card N")
      ->allow_extra_args(false);
}

std::chrono::nanoseconds scaled(double value, double nanoseconds_each) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(value * nanoseconds_each));
}

Expected<Invocation, std::string> complete(ServeOptions serve, const Raw& raw) {
  const auto missing = [](const char* option) { return Unexpected{std::string(option) + " is required"}; };
  if (serve.card_directories.empty()) return missing("--card");
  if (serve.state_file.empty()) return missing("--state");
  if (serve.control_socket.empty()) return missing("--control");
  if (serve.port + serve.card_directories.size() - 1 > 65535)
    return Unexpected{std::string("--port: too high")};
  for (const PinRule* const rule : {&serve.rules.auth_pin, &serve.rules.sign_pin}) {
    if (rule->value.size() < rule->min_length || rule->value.size() > rule->max_length) {
      return Unexpected{std::string("--auth-pin has 4 characters, --sign-pin 6 to 16")};
    }
  }
  serve.rules.auth_pin.max_tries = static_cast<std::uint8_t>(raw.auth_tries);
  serve.rules.sign_pin.max_tries = static_cast<std::uint8_t>(raw.sign_tries);
  serve.rules.blocked = raw.blocked == "6983" ? sw::kPinBlocked : sw::kPinUnusable;
  serve.latency = {scaled(raw.apdu_latency_ms, 1e6), scaled(raw.byte_latency_us, 1e3)};
  if (raw.next_generation) serve.key_type = KeyType::kEcdsaP384;
  return Invocation(std::move(serve));
}

std::string joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

}  // namespace

Expected<Invocation, std::string> parse_options(int argc, const char* const* argv) {
  ServeOptions serve;
  Raw raw;
  try {
    CLI::App app("A virtual MyNumber card (JPKI) for vsmartcard's virtual reader, vpcd.", "jpki-vcard");
    app.footer(kFooter);
    app.set_version_flag("--version", PACKAGE_STRING);
    declare_places(app, serve);
    declare_behaviour(app, serve, raw);
    CLI::App* const control = app.add_subcommand("ctl", "Send one command to a running jpki-vcard");
    control->add_option("SOCKET", raw.control_socket, "Its control socket")->required();
    control->add_option("COMMAND", raw.control_words, "The command, see below")->required();
    try {
      app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
      return Invocation(ShowText{app.help()});
    } catch (const CLI::CallForVersion& version) {
      return Invocation(ShowText{std::string(version.what()) + "\n"});
    }
    if (control->parsed()) return Invocation(ControlOptions{raw.control_socket, joined(raw.control_words)});
  } catch (const CLI::Error& error) {
    return Unexpected{std::string(error.what())};
  }
  return complete(std::move(serve), raw);
}

}  // namespace jpki::vcard
