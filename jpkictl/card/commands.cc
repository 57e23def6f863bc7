// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl card: its command line.
#include "jpkictl/card/commands.h"

#include "base/typed_text.h"
#include "jpkictl/card/terminal.h"
#include "jpkictl/program.h"
#include "jpkictl/text.h"

namespace jpki::ctl {
namespace {

using namespace card;

constexpr char kDescription[] =
    "Register people's cards. Exit status: 0 done, 1 refused, 2 could not tell, 64 usage";

void add_card_options(const Command& command, CardOptions& card) {
  command.option("--reader", card.reader, "Only cards in readers whose name contains this")
      .value_name("TEXT");
  command.option("--wait", card.wait_s, "Wait so long for a card")
      .value_name("SECONDS")
      .between(0, 600)
      .shows_default();
}

void add_place_options(const Command& command, Place& place) {
  const auto directory =
      command.flag("--directory", place.directory, "In Active Directory itself, with your Kerberos ticket");
  command.flag("--local", place.local, "In this computer's own map").excludes(directory);
  command.option("--ccache", place.ticket_file, "The file of your Kerberos ticket").value_name("FILE");
}

void add_dry_run(const Command& command, bool& dry_run) {
  command.flag("--dry-run", dry_run, "Say what would be done; write nothing");
}

void add_show(const Command& parent) {
  const auto [command, options] =
      parent.add("show", "What the card on the reader is, and to whom it is registered", show);
  add_card_options(command, options->card);
  add_place_options(command, options->place);
}

void add_enroll(const Command& parent) {
  const auto [command, options] =
      parent.add("enroll", "Register the card on the reader to an account", enroll);
  const auto account = command.option("ACCOUNT", options->account, "Whose card it is");
  const auto csv = command.option("--csv", options->csv, "Register one card for each account of this file")
                       .value_name("FILE");
  account.excludes(csv);
  add_card_options(command, options->card);
  add_place_options(command, options->place);
  command.flag("--no-pin", options->no_pin, "Without proof that the holder is there and knows the PIN");
  command.flag("--any-account", options->any_account, "Also an account that this computer does not know");
  add_dry_run(command, options->dry_run);
  command.one_is_required({account, csv}, "ACCOUNT or --csv FILE");
}

void add_list(const Command& parent) {
  const auto [command, options] = parent.add("list", "Which cards are registered", list);
  command.option("ACCOUNT", options->account, "Only those of this account");
  add_place_options(command, options->place);
}

void add_revoke(const Command& parent) {
  const auto [command, options] = parent.add("revoke", "Take back what was registered", revoke);
  const auto account = command.option("ACCOUNT", options->account, "Whose cards");
  const auto card = command.flag("--card", options->of_card, "The card on the reader, whoever has it");
  account.excludes(card);
  command.option("--mapping", options->mapping, "Only this one of the account")
      .value_name("STRING")
      .needs(account);
  add_card_options(command, options->card);
  add_place_options(command, options->place);
  command.flag("--yes", options->yes, "Do not ask");
  add_dry_run(command, options->dry_run);
  command.one_is_required({account, card}, "ACCOUNT or --card");
}

void add_move(const Command& parent) {
  const auto [command, options] = parent.add("move", "Register an account's cards to another account", move);
  command.option("OLD", options->from, "Whose cards they are").required();
  command.option("NEW", options->to, "Whose they become").required();
  add_place_options(command, options->place);
  command.flag("--any-account", options->any_account, "Also an account that this computer does not know");
  add_dry_run(command, options->dry_run);
}

void add_undo(const Command& parent) {
  const auto [command, options] = parent.add("undo", "Take back what enroll --csv registered", undo);
  command.option("FILE", options->file, "The undo file that it wrote").required();
  add_place_options(command, options->place);
  command.flag("--yes", options->yes, "Do not ask");
  add_dry_run(command, options->dry_run);
}

void add_requests(const Command& pending) {
  pending.add("key", "The key of this computer's requests; made where there is none", request_key);
  pending.add("export", "What waits here, as signed requests, to standard output", export_pending);
  const auto [command, imported] =
      pending.add("import", "Take requests of other computers to wait here", import_pending);
  command
      .option("FILE", imported->inputs, "Of jpkictl card pending export; a directory; - for standard input")
      .required();
}

void add_pending(const Command& parent) {
  const Command pending = parent.add_group(
      "pending", "Cards that logins registered, for you to decide; here or for other computers");
  pending.add("list", "What waits for a decision, and what was refused", list_pending);
  const auto [approve, approved] =
      pending.add("approve", "Register the new card for good, and take back the old one", approve_pending);
  approve.option("ID", approved->id, "As listed, or its beginning").required();
  add_place_options(approve, approved->place);
  approve.flag("--keep-old", approved->keep_old, "The old card stays registered as well");
  add_dry_run(approve, approved->dry_run);
  const auto [refuse, refused] =
      pending.add("refuse", "Never take the new card in place of that old one", refuse_pending);
  refuse.option("ID", refused->id, "As listed, or its beginning").required();
  add_dry_run(refuse, refused->dry_run);
  add_requests(pending);
}

void add_export(const Command& parent) {
  const auto [command, options] =
      parent.add("export", "Registrations as another directory takes them", export_bindings);
  command.option("--entra", options->entra, "certificateUserIds of Entra ID, as csv or graph")
      .value_name("FORMAT")
      .required()
      .one_of({"csv", "graph"});
  command.option("--upn", options->upn, "The domain of everybody's userPrincipalName, like city.example.jp")
      .value_name("DOMAIN")
      .required();
  add_place_options(command, options->place);
}

void add_card_check(const Command& parent) {
  const auto [command, options] =
      parent.add("check", "Find double, weak and stale registrations", card::check);
  add_place_options(command, options->place);
}

}  // namespace

void add_card(const Command& jpkictl) {
  const Command parent = jpkictl.add_group("card", kDescription, Command::Language::kCallers);
  add_show(parent);
  add_enroll(parent);
  add_list(parent);
  add_revoke(parent);
  add_move(parent);
  add_card_check(parent);
  add_undo(parent);
  add_pending(parent);
  add_export(parent);
}

namespace card {

ExitStatus tell_plan(const std::string& text, const std::string& ldif, Json about, const Context& context) {
  if (context.json && !ldif.empty()) about["ldif"] = ldif;
  context.print(context.json ? print_json(about) : text + (ldif.empty() ? "" : "\n" + ldif));
  return ExitStatus::kGood;
}

}  // namespace card

}  // namespace jpki::ctl
