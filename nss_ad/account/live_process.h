// SPDX-License-Identifier: LGPL-2.1-or-later
//
// LiveProcess: jpki-account-live, for one question. Whatever it or the network does, ask() ends in time.
#pragma once

#include "base/helper_process.h"
#include "nss_ad/account/live.h"

#include <chrono>
#include <optional>

namespace jpki::ad::account {

inline constexpr char kLiveProgram[] = JPKI_LIBEXECDIR "/jpki-account-live";

class LiveProcess {
 public:
  // Starts the program, with this process's privileges: it reads the machine's keys before it sheds them.
  explicit LiveProcess(const std::string& program = kLiveProgram);

  // At most once. The process is gone afterwards.
  Live ask(const Sid& sid, std::chrono::milliseconds patience);

 private:
  Live exchange(const Sid& sid, Deadline deadline);

  std::optional<HelperProcess> helper_;
  UniqueFd socket_;
  std::string problem_;  // why it was not started
};

}  // namespace jpki::ad::account
