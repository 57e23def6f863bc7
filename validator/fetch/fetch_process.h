// SPDX-License-Identifier: LGPL-2.1-or-later
//
// FetchProcess: a process of jpki-fetch or jpki-fetch-curl behind the Fetcher interface. It knows neither
// card nor PIN; it alone reaches the network, and it reads from jpki.toml itself where it may connect.
#pragma once

#include "base/helper_process.h"
#include "validator/fetch/fetch_protocol.h"
#include "validator/fetch/fetch_rules.h"

#include <deque>
#include <map>
#include <optional>

namespace jpki::fetch {

inline constexpr char kFetchProgram[] = JPKI_LIBEXECDIR "/jpki-fetch";  // plain HTTP: starts fast
inline constexpr char kCurlFetchProgram[] =
    JPKI_LIBEXECDIR "/jpki-fetch-curl";  // needs_libcurl(): everything

// The one that can do it; the arguments are those of needs_libcurl().
const char* fetch_program_for(const std::vector<std::string>& urls, bool from_certificates,
                              const FetchRules& rules, const std::vector<std::string>& configured_urls);

// Afterwards no jpki-fetch is left, whatever it does: it is killed and reaped.
class FetchProcess final : public Fetcher {
 public:
  // Starts `program` and does not wait for it; before the caller confines itself. `config_file`: absolute, or
  // empty for the compiled-in one. Why it could not be started is what every start() tells.
  explicit FetchProcess(const std::string& config_file, const std::string& program = kFetchProgram);

  Expected<Ticket, FetchError> start(const FetchRequest& request, const UniqueFd& into) override;
  bool arrived(Ticket ticket) override;
  Expected<FetchAnswer, FetchError> await(Ticket ticket, Deadline deadline) override;

 private:
  using Outcome = Expected<FetchAnswer, FetchError>;
  struct Open {
    UniqueFd file;
    FetchRequest request;
  };
  struct Unsent {
    Blob packet;
    Ticket ticket;
  };

  void flush();
  void wait(Deadline deadline);
  void receive();
  Outcome checked(const Open& open, Outcome outcome) const;
  void end(const std::string& problem, FetchError::Reason reason = FetchError::Reason::kHelper);

  std::optional<HelperProcess> helper_;
  UniqueFd socket_;
  std::string problem_;  // why there is no helper (any more); empty: it runs
  FetchError::Reason reason_ = FetchError::Reason::kHelper;  // of problem_
  Ticket last_ticket_ = 0;
  std::map<Ticket, Open> open_;
  std::map<Ticket, Outcome> arrived_;
  std::deque<Unsent> unsent_;
};

}  // namespace jpki::fetch
