// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl card show|enroll|list|move|revoke|check|undo|pending|export: what each is asked for, and does.
#pragma once

#include "jpkictl/card/desk.h"
#include "jpkictl/card/site.h"
#include "jpkictl/json.h"

namespace jpki::ctl::card {

struct CardOptions {
  std::string reader;    // empty: every reader
  unsigned wait_s = 20;  // for a card

  Desk::Options desk() const { return {reader, std::chrono::seconds(wait_s)}; }
};

struct ShowOptions {
  CardOptions card;
  Place place;
};
// What lies on the readers. kBad when a card could not log in, whoever it is registered to.
ExitStatus show(const ShowOptions& options, const Context& context);

struct EnrollOptions {
  CardOptions card;
  Place place;
  std::string account;
  std::string csv;  // instead of an account
  bool no_pin = false;
  bool any_account = false;
  bool dry_run = false;
};
ExitStatus enroll(const EnrollOptions& options, const Context& context);

struct ListOptions {
  Place place;
  std::string account;  // empty: all
};
ExitStatus list(const ListOptions& options, const Context& context);

struct RevokeOptions {
  CardOptions card;
  Place place;
  std::string account;   // or of_card
  bool of_card = false;  // whoever has the card on the reader
  std::string mapping;   // of the account; empty: all
  bool yes = false;      // do not ask
  bool dry_run = false;
};
ExitStatus revoke(const RevokeOptions& options, const Context& context);

struct MoveOptions {
  Place place;
  std::string from;
  std::string to;
  bool any_account = false;
  bool dry_run = false;
};
ExitStatus move(const MoveOptions& options, const Context& context);

struct CheckOptions {
  Place place;
};
ExitStatus check(const CheckOptions& options, const Context& context);

struct UndoOptions {
  Place place;
  std::string file;
  bool yes = false;
  bool dry_run = false;
};
ExitStatus undo(const UndoOptions& options, const Context& context);

// --- what logins registered (validator/succession, validator/self_registration)
struct PendingListOptions {};
ExitStatus list_pending(const PendingListOptions& options, const Context& context);

struct PendingOptions {
  Place place;            // where an approved one is registered
  std::string id;         // of the list, or its beginning
  bool keep_old = false;  // of an approved one
  bool dry_run = false;
};
ExitStatus approve_pending(const PendingOptions& options, const Context& context);
ExitStatus refuse_pending(const PendingOptions& options, const Context& context);

// --- the same, asked of another computer that may register it for all (request.h)
struct RequestKeyOptions {};
// The public key of this computer's requests; makes it where there is none.
ExitStatus request_key(const RequestKeyOptions& options, const Context& context);

struct RequestExportOptions {};
// What waits here, signed, to standard output. What was registered meanwhile no longer waits.
ExitStatus export_pending(const RequestExportOptions& options, const Context& context);

struct RequestImportOptions {
  std::vector<std::string> inputs;  // files, directories of them, "-"
};
// What may wait here does. kBad: something may not.
ExitStatus import_pending(const RequestImportOptions& options, const Context& context);

struct ExportOptions {
  Place place;
  std::string entra;  // "csv" or "graph"
  std::string upn;    // what stands behind the '@' of everybody's userPrincipalName
};
ExitStatus export_bindings(const ExportOptions& options, const Context& context);

// --- what they share
// What a change would be: the text and, where the registry is a directory, the LDIF that would be sent; with
// --json `about`, with "ldif".
ExitStatus tell_plan(const std::string& text, const std::string& ldif, Json about, const Context& context);

}  // namespace jpki::ctl::card
