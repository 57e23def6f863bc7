// SPDX-License-Identifier: LGPL-2.1-or-later
//
// jpkictl session list: the sessions that a card login opened.
#include "base/place_facts.h"
#include "jpkictl/program.h"
#include "jpkictl/session_report.h"

namespace jpki::ctl {
namespace {

constexpr PlaceSources kPlace{"/proc/self", "/run/systemd/sessions"};

bool is_open(const SessionRecord& record) {
  if (record.session.empty()) return leader_lives(record);
  const auto session = read_session(kPlace, record.session);
  return session && session->user == record.user && (session->doubtful || session->since == record.since);
}

ExitStatus run_list(const Context& context) {
  const auto found = read_session_records(kSessionRecords, context.trust);
  if (!found) {
    const bool missing = found.error().reason == FileError::Reason::kMissing;
    return context.could_not_tell(found.error().text +
                                  (missing ? "; run: systemd-tmpfiles --create jpki.conf" : ""));
  }
  context.warn(found->problems);
  const SessionReport report = session_report(found->records, is_open);
  context.print(context.json ? report.json : report.text);
  return ExitStatus::kGood;
}

}  // namespace

void add_session(const Command& jpkictl) {
  jpkictl.add_group("session", "Sessions that were opened by card")
      .add("list", "Which there are: account, reader, time of the login; no personal data", run_list);
}

}  // namespace jpki::ctl
