// SPDX-License-Identifier: LGPL-2.1-or-later
#include "jpkictl/session_report.h"

#include "jpkictl/json.h"
#include "jpkictl/text.h"

namespace jpki::ctl {
namespace {

// A cell that has something in it.
std::string cell(const std::string& text) {
  return text.empty() ? "-" : for_terminal(text, Lines::kOne);
}

Json value(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

}  // namespace

SessionReport session_report(const std::vector<SessionRecord>& records, const IsOpen& is_open) {
  std::vector<std::vector<std::string>> cells = {{"SESSION", "UID", "SERVICE", "SEAT", "TERMINAL", "LOGIN",
                                                  "FACTORS", "CERTIFICATE", "READER", "STATE"}};
  auto sessions = Json::array();
  for (const SessionRecord& record : records) {
    const char* const state = is_open(record) ? "open" : "ended";
    cells.push_back({cell(record.session), std::to_string(record.user), cell(record.service),
                     cell(record.seat), cell(record.terminal), time_text(record.login), cell(record.factors),
                     cell(record.certificate), cell(record.reader), state});
    sessions.push_back({{"session", value(record.session)},
                        {"uid", record.user},
                        {"service", value(record.service)},
                        {"seat", value(record.seat)},
                        {"terminal", value(record.terminal)},
                        {"login", time_text(record.login)},
                        {"factors", value(record.factors)},
                        {"certificate", value(record.certificate)},
                        {"reader", value(record.reader)},
                        {"state", state}});
  }
  return {records.empty() ? "No session was opened by card.\n" : table(cells),
          print_json(Json{{"sessions", std::move(sessions)}})};
}

}  // namespace jpki::ctl
