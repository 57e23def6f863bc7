// SPDX-License-Identifier: LGPL-2.1-or-later
//
// DirectoryProcess: the directory by way of jpki-directory, which is started for the first question and lives
// as long as this object: jpkictl, as root, decodes nothing that came from a network.
#pragma once

#include "base/helper_process.h"
#include "jpkictl/card/directory.h"
#include "jpkictl/card/ticket_file.h"

#include <optional>

namespace jpki::ctl::card {

class DirectoryProcess final : public Directory {
 public:
  explicit DirectoryProcess(TicketFile ticket) : ticket_(std::move(ticket)) {}

  Listing find(const ad::bindings::Find& find) override;
  ad::bindings::End change(const ad::bindings::Change& change) override;

 private:
  struct Running {
    UniqueFd socket;
    HelperProcess process;  // ends before its socket does
  };
  // Every answer to the question; without a process, or when it fails, what that means.
  Listing ask(const ad::bindings::Question& question, ad::bindings::Outcome when_it_fails);

  TicketFile ticket_;
  std::optional<Running> running_;
};

}  // namespace jpki::ctl::card
