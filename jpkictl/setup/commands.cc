// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl setup: its command line.
#include "jpkictl/setup/commands.h"

#include "jpkictl/program.h"
#include "jpkictl/sub_command.h"
#include "validator/x509/kind.h"

#include <algorithm>

#include <CLI/CLI.hpp>

namespace jpki::ctl {
namespace {

using namespace setup;

constexpr char kDescription[] =
    "Set this computer up for logins by card; it goes back by itself unless it is confirmed";

// What is written into files has these characters alone.
std::string is_plain_name(const std::string& text) {
  const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_';
  });
  return plain ? std::string() : "not a name";
}

// An absolute path of the same characters.
std::string is_plain_path(const std::string& text) {
  std::string name = text;
  std::erase(name, '/');
  return text.starts_with('/') ? is_plain_name(name) : "not a path from the root";
}

std::string is_controller(const std::string& text) {
  std::string name = text;
  std::erase(name, ':');  // before the port
  return is_plain_name(name);
}

std::string is_oid(const std::string& text) {
  return x509::is_dotted_oid(text) ? std::string() : "not an OID such as 2.999.1.7";
}

// NAME=URL, as [[crl]] takes them; nothing that ends a string of TOML.
std::string is_crl(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) return "not NAME=URL";
  const bool named = equals > 0 && std::ranges::all_of(text.substr(0, equals), [](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-';
                     });
  const std::string url = text.substr(equals + 1);
  const bool known = url.starts_with("http://") || url.starts_with("https://") || url.starts_with("ldap://");
  const bool plain =
      std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; });
  return named && known && plain ? std::string() : "not a name and a URL of http, https or ldap";
}

// Those that come from elsewhere: the directory, CRLs, renewed cards.
void add_sources(CLI::App& command, Answers& answers) {
  auto* const realm =
      command.add_option("--realm", answers.realm, "Accounts from this domain of Active Directory")
          ->type_name("DOMAIN")
          ->check(is_plain_name);
  command
      .add_option("--controller", answers.controllers, "A domain controller, where DNS does not tell them")
      ->type_name("HOST")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->needs(realm)
      ->check(is_controller);
  command.add_option("--crl", answers.crls, "Fetch this CRL; may be given several times, also for one name")
      ->type_name("NAME=URL")
      ->allow_extra_args(false)
      ->check(is_crl);
  command.add_option("--feed", answers.feed, "A file that tells which renewed card stands in place of which")
      ->type_name("FILE")
      ->check(is_plain_path);
  command.add_option("--resolver", answers.resolver, "A program that tells it")
      ->type_name("FILE")
      ->check(is_plain_path);
  command
      .add_option("--ocsp-extension", answers.ocsp_extension, "An extension of OCSP answers that tells it")
      ->type_name("OID")
      ->check(is_oid);
}

void add_answers(CLI::App& command, Answers& answers) {
  command
      .add_option_function<std::string>(
          "--profile",
          [&answers](const std::string& word) {
            answers.profile = word == "exclusive" ? Profile::kExclusive : Profile::kOrPassword;
          },
          "or-password: card, or password without one; exclusive: cards only, root by password")
      ->type_name("PROFILE")
      ->check(CLI::IsMember({"or-password", "exclusive"}));
  command
      .add_option_function<std::string>(
          "--emergency", [&answers](const std::string& word) { answers.emergency = word == "yes"; },
          "Whether emergency codes are asked for: yes, no")
      ->type_name("WORD")
      ->check(CLI::IsMember({"yes", "no"}));
  command.add_option("--removal", answers.removal, "When the card is taken away: lock, logoff, none")
      ->type_name("WHAT")
      ->check(CLI::IsMember({"lock", "logoff", "none"}));
  command.add_option("--mapping", answers.mapping, "Where cards are registered: local, ad")
      ->type_name("WHERE")
      ->check(CLI::IsMember({"local", "ad"}));
  add_sources(command, answers);
  command.add_option("--segment", answers.segment, "The network segment of this computer")
      ->type_name("NAME")
      ->check(is_plain_name);
  command.add_option("--lang", answers.language, "Language of the prompts: ja, en, auto")
      ->type_name("LANGUAGE")
      ->check(CLI::IsMember({"ja", "en", "auto"}));
  command
      .add_option("--locker", answers.lockers, "Screen lockers that run as the user, by their PAM service")
      ->type_name("NAME")
      ->delimiter(',')
      ->check(CLI::IsMember({"i3lock", "swaylock", "gtklock", "xscreensaver"}));
  command.add_flag("--greeter", answers.greeter, "jpki-greeter is lightdm's login screen");
  command.add_flag("--gdm", answers.gdm, "GDM's service for cards is that of jpki-gdm");
}

void add_plan(CLI::App& parent, Action& chosen) {
  CLI::App* command = nullptr;
  const auto options =
      add_sub_command(parent, "plan", "Say what apply would change; write nothing", command, apply, chosen);
  options->dry_run = true;
  add_answers(*command, options->answers);
}

void add_apply(CLI::App& parent, Action& chosen) {
  CLI::App* command = nullptr;
  const auto options =
      add_sub_command(parent, "apply", "Make the changes, until they are confirmed", command, apply, chosen);
  add_answers(*command, options->answers);
  command->add_option("--minutes", options->minutes, "After so many everything goes back")
      ->type_name("N")
      ->check(CLI::Range(1U, 1440U))
      ->capture_default_str();
  command->add_flag("--without-timer", options->without_timer,
                    "Where systemd does not run: nothing goes back by itself");
  command->add_flag("--yes", options->yes, "Do not ask");
  command->add_flag("--dry-run", options->dry_run, "Say what would be changed; write nothing");
}

void add_rollback(CLI::App& parent, Action& chosen) {
  CLI::App* command = nullptr;
  const auto options =
      add_sub_command(parent, "rollback", "Take back what was not confirmed", command, rollback, chosen);
  auto* const due =
      command->add_flag("--due", options->due, "Only when the time is over, or after a new start");
  command->add_flag("--yes", options->yes, "Do not ask")->excludes(due);
}

void add_stack_check(CLI::App& parent, Action& chosen) {
  CLI::App* command = nullptr;
  const auto options = add_sub_command(
      parent, "check", "Which lines of /etc/pam.d let people in without a card, keep them out, or burn a try",
      command, setup::check, chosen);
  command->add_option("SERVICE", options->services, "Only these; otherwise all that ask for a card");
  command->add_option("--root", options->root, "Of the system below this directory")->type_name("DIR");
  command->add_flag("--exclusive", options->exclusive,
                    "Only cards shall count: a password is as bad as nothing");
}

}  // namespace

void add_setup(CLI::App& app, Action& chosen) {
  auto* parent = app.add_subcommand("setup", kDescription);
  parent->require_subcommand(1);
  parent->fallthrough();
  add_plan(*parent, chosen);
  add_apply(*parent, chosen);
  CLI::App* command = nullptr;
  const auto options = add_sub_command(*parent, "confirm", "Keep what was applied, after a login by card",
                                       command, confirm, chosen);
  command->add_flag("--without-login", options->without_login, "Although no login by card is known");
  add_rollback(*parent, chosen);
  (void)add_sub_command(*parent, "status", "Whether a setup waits to be confirmed", command, status, chosen);
  add_stack_check(*parent, chosen);
}

}  // namespace jpki::ctl
