// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ReaderLink: carries one card's messages to and from vpcd, the virtual reader that pcscd drives
// (vsmartcard). The card is the TCP client; being connected is being in the reader. A message is its length
// in two bytes, big-endian, and that many bytes.
//
// A link that wants to be in the reader tries again until vpcd listens, and again after pcscd restarts.
// Taking the card out closes our half only: vpcd closes the other when it has noticed, and then the card is
// absent. A link that is taken for the card before it leaves the reader and comes again.
#pragma once

#include "base/unique_fd.h"
#include "testkit/vcard/event_loop.h"
#include "testkit/vcard/virtual_card.h"

#include <cstdint>

#include <sys/socket.h>

namespace jpki::vcard {

// Where vpcd listens: TCP; any stream socket will do.
struct ReaderAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

class ReaderLink final : public EventSource {
 public:
  // `card` must outlive the link. Begins outside the reader.
  ReaderLink(VirtualCard& card, const ReaderAddress& address) : card_(card), address_(address) {}

  void insert();
  void remove();

  // The TCP connection stands and the card is not about to leave.
  bool connected() const noexcept { return state_ == State::kConnected; }
  // pcscd has powered the card and read its ATR since it was inserted.
  bool present() const noexcept { return connected() && seen_; }
  // The card is out, and the reader has noticed.
  bool absent() const noexcept { return !wanted_ && state_ == State::kClosed && !unnoticed_until_; }
  // No command is waiting for its answer.
  bool idle() const noexcept { return !busy(); }

  void watch(std::vector<Watch>& watches) override;
  std::optional<SteadyTime> due() const override;
  void on_time(SteadyTime now) override;

 private:
  enum class State : std::uint8_t { kClosed, kConnecting, kConnected, kLeaving };

  void connect();
  void on_ready(short events);
  void read_input();
  void process_input();
  // pcscd powers a card on as soon as it has found one. Where it only looks, it looks at the card that was
  // here before: vpcd may find out that this one went when it powers it off, and tells nobody.
  bool taken_for_another(Bytes message) noexcept;
  void react(Bytes message);
  void send_due_answer(SteadyTime now);
  void write_output();
  bool busy() const noexcept { return answer_due_ || !output_.empty() || card_.silent(); }
  void leave(bool in_command);
  void close();

  VirtualCard& card_;
  ReaderAddress address_;
  UniqueFd socket_;
  State state_ = State::kClosed;
  bool wanted_ = false;
  bool seen_ = false;
  bool powered_on_ = false;  // since it was inserted
  int looks_ = 0;            // before that
  bool left_in_command_ = false;
  Blob input_;
  Blob answer_;  // framed, held back until answer_due_
  Blob output_;  // framed, being sent
  std::optional<SteadyTime> answer_due_;
  std::optional<SteadyTime> retry_at_;
  std::optional<SteadyTime> unnoticed_until_;
};

}  // namespace jpki::vcard
