// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl setup: its command line.
#include "jpkictl/setup/commands.h"

#include "jpkictl/program.h"
#include "validator/config/sections.h"
#include "validator/config/succession_extension.h"

#include <algorithm>

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
  return config::may_tell_succession(text) ? std::string() : "not an OID such as 2.999.1.7";
}

// NAME=URL, as the tables of sources in jpki.toml take them; nothing that ends a string of TOML.
bool is_source(const std::string& text, std::initializer_list<std::string_view> schemes) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) return false;
  const std::string url = text.substr(equals + 1);
  const bool plain =
      std::ranges::all_of(url, [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; });
  return plain && config::is_plain_name(text.substr(0, equals)) &&
         config::is_url(url, {schemes.begin(), schemes.end()});
}

std::string is_crl(const std::string& text) {
  return is_source(text, {"http", "https", "ldap"}) ? std::string()
                                                    : "not NAME=URL with a URL of http, https or ldap";
}

std::string is_responder(const std::string& text) {
  const bool fits = is_source(text, {"http", "https"}) && !text.starts_with("crl=");  // the name of the CRLs
  return fits ? std::string() : "not NAME=URL with a URL of http or https";
}

// Those that come from elsewhere: the directory, CRLs, renewed cards.
void add_sources(const Command& command, Answers& answers) {
  const auto realm = command.option("--realm", answers.realm, "Accounts from this domain of Active Directory")
                         .value_name("DOMAIN")
                         .check(is_plain_name);
  command.option("--controller", answers.controllers, "A domain controller, where DNS does not tell them")
      .value_name("HOST")
      .separated_by_commas()
      .one_at_a_time()
      .needs(realm)
      .check(is_controller);
  command.option("--crl", answers.crls, "Fetch this CRL; may be given several times, also for one name")
      .value_name("NAME=URL")
      .one_at_a_time()
      .check(is_crl);
  command
      .option("--ocsp", answers.responders,
              "Ask this OCSP responder, before the CRLs; may be given several times, also for one name")
      .value_name("NAME=URL")
      .one_at_a_time()
      .check(is_responder);
  command.option("--feed", answers.feed, "A file that tells which renewed card stands in place of which")
      .value_name("FILE")
      .check(is_plain_path);
  command.option("--resolver", answers.resolver, "A program that tells it")
      .value_name("FILE")
      .check(is_plain_path);
  command.option("--ocsp-extension", answers.ocsp_extension, "An extension of OCSP answers that tells it")
      .value_name("OID")
      .check(is_oid);
}

void add_answers(const Command& command, Answers& answers) {
  command
      .option(
          "--profile",
          [&answers](const std::string& word) {
            answers.profile = word == "exclusive" ? Profile::kExclusive : Profile::kOrPassword;
          },
          "or-password: card, or password without one; exclusive: cards only, root by password")
      .value_name("PROFILE")
      .one_of({"or-password", "exclusive"});
  command
      .option(
          "--emergency", [&answers](const std::string& word) { answers.emergency = word == "yes"; },
          "Whether emergency codes are asked for: yes, no")
      .value_name("WORD")
      .one_of({"yes", "no"});
  command.option("--removal", answers.removal, "When the card is taken away: lock, logoff, none")
      .value_name("WHAT")
      .one_of({"lock", "logoff", "none"});
  command.option("--mapping", answers.mapping, "Where cards are registered: local, ad")
      .value_name("WHERE")
      .one_of({"local", "ad"});
  add_sources(command, answers);
  command.option("--segment", answers.segment, "The network segment of this computer")
      .value_name("NAME")
      .check(is_plain_name);
  command.option("--lang", answers.language, "Language of the prompts: ja, en, auto")
      .value_name("LANGUAGE")
      .one_of({"ja", "en", "auto"});
  command.option("--locker", answers.lockers, "Screen lockers that run as the user, by their PAM service")
      .value_name("NAME")
      .separated_by_commas()
      .one_of({"i3lock", "swaylock", "gtklock", "xscreensaver"});
  command.flag("--greeter", answers.greeter, "jpki-greeter is lightdm's login screen");
  command.flag("--gdm", answers.gdm, "GDM's service for cards is that of jpki-gdm");
}

void add_plan(const Command& parent) {
  const auto [command, options] = parent.add("plan", "Say what apply would change; write nothing", apply);
  options->dry_run = true;
  add_answers(command, options->answers);
}

void add_apply(const Command& parent) {
  const auto [command, options] = parent.add("apply", "Make the changes, until they are confirmed", apply);
  add_answers(command, options->answers);
  command.option("--minutes", options->minutes, "After so many everything goes back")
      .value_name("N")
      .between(1, 1440)
      .shows_default();
  command.flag("--without-timer", options->without_timer,
               "Where systemd does not run: nothing goes back by itself");
  command.flag("--yes", options->yes, "Do not ask");
  command.flag("--dry-run", options->dry_run, "Say what would be changed; write nothing");
}

void add_rollback(const Command& parent) {
  const auto [command, options] = parent.add("rollback", "Take back what was not confirmed", rollback);
  const auto due = command.flag("--due", options->due, "Only when the time is over, or after a new start");
  command.flag("--yes", options->yes, "Do not ask").excludes(due);
}

void add_stack_check(const Command& parent) {
  const auto [command, options] = parent.add(
      "check", "Which lines of /etc/pam.d let people in without a card, keep them out, or burn a try",
      setup::check);
  command.option("SERVICE", options->services, "Only these; otherwise all that ask for a card");
  command.option("--root", options->root, "Of the system below this directory").value_name("DIR");
  command.flag("--exclusive", options->exclusive, "Only cards shall count: a password is as bad as nothing");
}

}  // namespace

void add_setup(const Command& jpkictl) {
  const Command parent = jpkictl.add_group("setup", kDescription, Command::Language::kCallers);
  add_plan(parent);
  add_apply(parent);
  const auto [command, options] =
      parent.add("confirm", "Keep what was applied, after a login by card", confirm);
  command.flag("--without-login", options->without_login, "Although no login by card is known");
  add_rollback(parent);
  parent.add("status", "Whether a setup waits to be confirmed", status);
  add_stack_check(parent);
}

}  // namespace jpki::ctl
