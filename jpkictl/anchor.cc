// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl anchor: its command line.
#include "jpkictl/anchor_commands.h"
#include "jpkictl/program.h"

namespace jpki::ctl {
namespace {

constexpr char kFleetFormat[] =
    "FLEET is an export of everybody's certificates: a directory with a file ACCOUNT.pem, .crt or .der for "
    "each account, or a text file with a line \"ACCOUNT PATH\" for each certificate (# begins a comment; "
    "PATH is relative to the text file). A PEM file may hold several certificates of its account.";

void add_add(const Command& anchor) {
  const auto [command, options] =
      anchor.add("add", "Trust a CA; asks for the fingerprint from the official publication", anchor_add);
  command.option("FILE", options->file, "The CA's certificate, PEM or DER").required();
  command.option("--name", options->name, "Its name on this machine, like jpki-auth-g3").required();
  command
      .option("--kind", options->kinds,
              "What it may vouch for: jpki-authentication, lgpki-user, …; may be given several times")
      .value_name("KIND")
      .one_at_a_time();
  command
      .option("--function", options->functions,
              "login, revocation-data, ocsp-signer (these three if none is given), tls, cvs-signer")
      .value_name("FUNCTION")
      .one_at_a_time();
  command.option("--accept-from", options->accept_from, "Like 2027-04-01T00:00:00+09:00").value_name("TIME");
  command.option("--accept-until", options->accept_until, "From this second on, it vouches for nothing")
      .value_name("TIME");
  command
      .option("--sha256", options->sha256,
              "The fingerprint, typed from the official publication, for use without a terminal")
      .value_name("FINGERPRINT");
}

void add_check_command(const Command& anchor) {
  const auto [command, options] = anchor.add(
      "check", "Which cards stop working by a date, and who is still on an old generation", anchor_check);
  command.footer(kFleetFormat);
  command.option("--at", options->at, "The date or time (now)").value_name("DATE");
  command.option("--fleet", options->fleet, "Everybody's certificates").value_name("FLEET");
}

void add_remove(const Command& anchor) {
  const auto [command, options] = anchor.add("remove", "Stop trusting a CA", anchor_remove);
  command.option("NAME", options->name, "As jpkictl anchor list shows it").required();
  command.option("--fleet", options->fleet, "Everybody's certificates; shows whose cards will stop working")
      .value_name("FLEET");
  command.flag("--yes", options->yes, "Do not ask, and remove it even if other generations of the CA remain");
  command.footer(kFleetFormat);
}

}  // namespace

void add_anchor(const Command& jpkictl) {
  const Command anchor = jpkictl.add_group("anchor", "The trust anchors of the installation");
  add_add(anchor);
  anchor.add("list", "Every anchor, what it may do, and whether it is in force", anchor_list);
  add_check_command(anchor);
  add_remove(anchor);
}

}  // namespace jpki::ctl
