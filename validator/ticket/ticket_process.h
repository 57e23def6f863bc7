// SPDX-License-Identifier: LGPL-2.1-or-later
//
// TicketProcess: a process of jpki-ticket behind the Ticketing interface. It alone speaks with KDCs; it knows
// no PIN, and of the card what it is told here: the certificates, and one signature.
#pragma once

#include "base/helper_process.h"
#include "validator/ticket/ticket_protocol.h"
#include "validator/ticket/ticketing.h"

#include <chrono>
#include <optional>

namespace jpki::ticket {

inline constexpr char kTicketProgram[] = JPKI_LIBEXECDIR "/jpki-ticket";

// Afterwards no jpki-ticket is left, whatever it does: it is killed and reaped.
class TicketProcess final : public Ticketing {
 public:
  struct Options {
    std::string config_file;             // absolute, or empty for the compiled-in one
    std::chrono::milliseconds patience;  // of to_be_signed() and conclude() together
    bool required = false;
  };
  // Starts `program` and does not wait for it; before the caller confines itself. Why it could not be started
  // is what to_be_signed() tells.
  explicit TicketProcess(const Options& options, const std::string& program = kTicketProgram);

  bool required() const override { return required_; }
  void begin(const std::string& account, const std::vector<Blob>& authorities) override;
  Expected<Blob, Failure> to_be_signed(Bytes certificate) override;
  Expected<Blob, Failure> conclude(Bytes signature) override;

 private:
  bool send(const Packet& packet);
  // The next packet of one of the kinds that may come now; NoTicket and silence are failures.
  template <class Wanted>
  Expected<Wanted, Failure> receive();
  Failure failed(Verdict verdict, std::string cause);

  std::optional<HelperProcess> helper_;
  UniqueFd socket_;
  std::chrono::milliseconds left_;
  bool required_;
  std::optional<Failure> failure_;  // the first one stays
};

}  // namespace jpki::ticket
