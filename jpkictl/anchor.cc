// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl anchor: its command line.
#include "jpkictl/anchor_commands.h"
#include "jpkictl/program.h"

#include <memory>

#include <CLI/CLI.hpp>

namespace jpki::ctl {
namespace {

constexpr char kFleetFormat[] =
    "FLEET is an export of everybody's certificates: a directory with a file ACCOUNT.pem, .crt or .der for "
    "each account, or a text file with a line \"ACCOUNT PATH\" for each certificate (# begins a comment; "
    "PATH is relative to the text file). A PEM file may hold several certificates of its account.";

template <class Options>
std::shared_ptr<Options> add_command(CLI::App& anchor, const char* name, const char* help, CLI::App*& command,
                                     ExitStatus (*act)(const Options&, const Context&), Action& chosen) {
  command = anchor.add_subcommand(name, help);
  const auto options = std::make_shared<Options>();
  command->callback([options, act, &chosen] {
    chosen = [options, act](const Context& context) { return act(*options, context); };
  });
  return options;
}

void add_add(CLI::App& anchor, Action& chosen) {
  CLI::App* command = nullptr;
  const auto options =
      add_command(anchor, "add", "Trust a CA; asks for the fingerprint from the official publication",
                  command, anchor_add, chosen);
  command->add_option("FILE", options->file, "The CA's certificate, PEM or DER")->required();
  command->add_option("--name", options->name, "Its name on this machine, like jpki-auth-g3")->required();
  command
      ->add_option("--kind", options->kinds,
                   "What it may vouch for: jpki-authentication, lgpki-user, …; may be given several times")
      ->type_name("KIND")
      ->allow_extra_args(false);
  command
      ->add_option("--function", options->functions,
                   "login, revocation-data, ocsp-signer (these three if none is given), tls, cvs-signer")
      ->type_name("FUNCTION")
      ->allow_extra_args(false);
  command->add_option("--accept-from", options->accept_from, "Like 2027-04-01T00:00:00+09:00")
      ->type_name("TIME");
  command->add_option("--accept-until", options->accept_until, "From this second on, it vouches for nothing")
      ->type_name("TIME");
  command
      ->add_option("--sha256", options->sha256,
                   "The fingerprint, typed from the official publication, for use without a terminal")
      ->type_name("FINGERPRINT");
}

void add_check_command(CLI::App& anchor, Action& chosen) {
  CLI::App* command = nullptr;
  const auto options = add_command(
      anchor, "check", "Which cards stop working by a date, and who is still on an old generation", command,
      anchor_check, chosen);
  command->footer(kFleetFormat);
  command->add_option("--at", options->at, "The date or time (now)")->type_name("DATE");
  command->add_option("--fleet", options->fleet, "Everybody's certificates")->type_name("FLEET");
}

void add_remove(CLI::App& anchor, Action& chosen) {
  CLI::App* command = nullptr;
  const auto options = add_command(anchor, "remove", "Stop trusting a CA", command, anchor_remove, chosen);
  command->add_option("NAME", options->name, "As jpkictl anchor list shows it")->required();
  command
      ->add_option("--fleet", options->fleet, "Everybody's certificates; shows whose cards will stop working")
      ->type_name("FLEET");
  command->add_flag("--yes", options->yes, "Do not ask");
  command->footer(kFleetFormat);
}

}  // namespace

void add_anchor(CLI::App& app, Action& chosen) {
  auto* anchor = app.add_subcommand("anchor", "The trust anchors of the installation");
  anchor->require_subcommand(1);
  anchor->fallthrough();
  add_add(*anchor, chosen);
  anchor->add_subcommand("list", "Every anchor, what it may do, and whether it is in force")
      ->callback([&chosen] { chosen = anchor_list; });
  add_check_command(*anchor, chosen);
  add_remove(*anchor, chosen);
}

}  // namespace jpki::ctl
