// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl card: its command line.
#include "jpkictl/card/commands.h"

#include "base/typed_text.h"
#include "jpkictl/card/terminal.h"
#include "jpkictl/program.h"
#include "jpkictl/sub_command.h"
#include "jpkictl/text.h"

#include <CLI/CLI.hpp>

namespace jpki::ctl {
namespace {

using namespace card;

constexpr char kDescription[] =
    "Register people's cards. Exit status: 0 done, 1 refused, 2 could not tell, 64 usage";

void add_card_options(CLI::App& command, CardOptions& card) {
  command.add_option("--reader", card.reader, "Only cards in readers whose name contains this")
      ->type_name("TEXT");
  command.add_option("--wait", card.wait_s, "Wait so long for a card")
      ->type_name("SECONDS")
      ->check(CLI::Range(0U, 600U))
      ->capture_default_str();
}

void add_place_options(CLI::App& command, Place& place) {
  auto* const directory = command.add_flag("--directory", place.directory,
                                           "In Active Directory itself, with your Kerberos ticket");
  command.add_flag("--local", place.local, "In this computer's own map")->excludes(directory);
  command.add_option("--ccache", place.ticket_file, "The file of your Kerberos ticket")->type_name("FILE");
}

CLI::Option* add_dry_run(CLI::App& command, bool& dry_run) {
  return command.add_flag("--dry-run", dry_run, "Say what would be done; write nothing");
}

void add_show(CLI::App& parent, Action& chosen) {
  CLI::App* command = nullptr;
  const auto options = add_sub_command(
      parent, "show", "What the card on the reader is, and to whom it is registered", command, show, chosen);
  add_card_options(*command, options->card);
  add_place_options(*command, options->place);
}

void add_enroll(CLI::App& parent, Action& chosen) {
  CLI::App* command = nullptr;
  const auto options = add_sub_command(parent, "enroll", "Register the card on the reader to an account",
                                       command, enroll, chosen);
  auto* const account = command->add_option("ACCOUNT", options->account, "Whose card it is");
  auto* const csv =
      command->add_option("--csv", options->csv, "Register one card for each account of this file")
          ->type_name("FILE");
  account->excludes(csv);
  add_card_options(*command, options->card);
  add_place_options(*command, options->place);
  command->add_flag("--no-pin", options->no_pin, "Without proof that the holder is there and knows the PIN");
  command->add_flag("--any-account", options->any_account,
                    "Also an account that this computer does not know");
  add_dry_run(*command, options->dry_run);
  command->parse_complete_callback([options] {
    if (options->account.empty() && options->csv.empty()) throw CLI::RequiredError("ACCOUNT or --csv FILE");
  });
}

void add_list(CLI::App& parent, Action& chosen) {
  CLI::App* command = nullptr;
  const auto options = add_sub_command(parent, "list", "Which cards are registered", command, list, chosen);
  command->add_option("ACCOUNT", options->account, "Only those of this account");
  add_place_options(*command, options->place);
}

void add_revoke(CLI::App& parent, Action& chosen) {
  CLI::App* command = nullptr;
  const auto options =
      add_sub_command(parent, "revoke", "Take back what was registered", command, revoke, chosen);
  auto* const account = command->add_option("ACCOUNT", options->account, "Whose cards");
  auto* const card = command->add_flag("--card", options->of_card, "The card on the reader, whoever has it");
  account->excludes(card);
  command->add_option("--mapping", options->mapping, "Only this one of the account")
      ->type_name("STRING")
      ->needs(account);
  add_card_options(*command, options->card);
  add_place_options(*command, options->place);
  command->add_flag("--yes", options->yes, "Do not ask");
  add_dry_run(*command, options->dry_run);
  command->parse_complete_callback([options] {
    if (options->account.empty() && !options->of_card) throw CLI::RequiredError("ACCOUNT or --card");
  });
}

void add_move(CLI::App& parent, Action& chosen) {
  CLI::App* command = nullptr;
  const auto options = add_sub_command(parent, "move", "Register an account's cards to another account",
                                       command, move, chosen);
  command->add_option("OLD", options->from, "Whose cards they are")->required();
  command->add_option("NEW", options->to, "Whose they become")->required();
  add_place_options(*command, options->place);
  command->add_flag("--any-account", options->any_account,
                    "Also an account that this computer does not know");
  add_dry_run(*command, options->dry_run);
}

void add_undo(CLI::App& parent, Action& chosen) {
  CLI::App* command = nullptr;
  const auto options =
      add_sub_command(parent, "undo", "Take back what enroll --csv registered", command, undo, chosen);
  command->add_option("FILE", options->file, "The undo file that it wrote")->required();
  add_place_options(*command, options->place);
  command->add_flag("--yes", options->yes, "Do not ask");
  add_dry_run(*command, options->dry_run);
}

void add_requests(CLI::App& pending, Action& chosen) {
  CLI::App* command = nullptr;
  (void)add_sub_command(pending, "key", "The key of this computer's requests; made where there is none",
                        command, request_key, chosen);
  (void)add_sub_command(pending, "export", "What waits here, as signed requests, to standard output", command,
                        export_pending, chosen);
  const auto imported = add_sub_command(pending, "import", "Take requests of other computers to wait here",
                                        command, import_pending, chosen);
  command
      ->add_option("FILE", imported->inputs,
                   "Of jpkictl card pending export; a directory; - for standard input")
      ->required();
}

void add_pending(CLI::App& parent, Action& chosen) {
  CLI::App* pending = parent.add_subcommand(
      "pending", "Cards that logins registered, for you to decide; here or for other computers");
  pending->require_subcommand(1);
  pending->fallthrough();
  CLI::App* command = nullptr;
  (void)add_sub_command(*pending, "list", "What waits for a decision, and what was refused", command,
                        list_pending, chosen);
  const auto approved =
      add_sub_command(*pending, "approve", "Register the new card for good, and take back the old one",
                      command, approve_pending, chosen);
  command->add_option("ID", approved->id, "As listed, or its beginning")->required();
  add_place_options(*command, approved->place);
  command->add_flag("--keep-old", approved->keep_old, "The old card stays registered as well");
  add_dry_run(*command, approved->dry_run);
  const auto refused = add_sub_command(*pending, "refuse", "Never take the new card in place of that old one",
                                       command, refuse_pending, chosen);
  command->add_option("ID", refused->id, "As listed, or its beginning")->required();
  add_dry_run(*command, refused->dry_run);
  add_requests(*pending, chosen);
}

void add_export(CLI::App& parent, Action& chosen) {
  CLI::App* command = nullptr;
  const auto options = add_sub_command(parent, "export", "Registrations as another directory takes them",
                                       command, export_bindings, chosen);
  command->add_option("--entra", options->entra, "certificateUserIds of Entra ID, as csv or graph")
      ->type_name("FORMAT")
      ->required()
      ->check(CLI::IsMember({"csv", "graph"}));
  command
      ->add_option("--upn", options->upn, "The domain of everybody's userPrincipalName, like city.example.jp")
      ->type_name("DOMAIN")
      ->required();
  add_place_options(*command, options->place);
}

void add_card_check(CLI::App& parent, Action& chosen) {
  CLI::App* command = nullptr;
  const auto options = add_sub_command(parent, "check", "Find double, weak and stale registrations", command,
                                       card::check, chosen);
  add_place_options(*command, options->place);
}

}  // namespace

void add_card(CLI::App& app, Action& chosen) {
  auto* parent = app.add_subcommand("card", kDescription);
  parent->require_subcommand(1);
  parent->fallthrough();
  add_show(*parent, chosen);
  add_enroll(*parent, chosen);
  add_list(*parent, chosen);
  add_revoke(*parent, chosen);
  add_move(*parent, chosen);
  add_card_check(*parent, chosen);
  add_undo(*parent, chosen);
  add_pending(*parent, chosen);
  add_export(*parent, chosen);
}

namespace card {

ExitStatus tell_plan(const std::string& text, const std::string& ldif, Json about, const Context& context) {
  if (context.json && !ldif.empty()) about["ldif"] = ldif;
  context.print(context.json ? print_json(about) : text + (ldif.empty() ? "" : "\n" + ldif));
  return ExitStatus::kGood;
}

}  // namespace card

}  // namespace jpki::ctl
