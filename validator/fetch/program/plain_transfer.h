// SPDX-License-Identifier: LGPL-2.1-or-later
//
// PlainTransfer: one request over one TCP connection: name, connection, request, answer. Like CurlTransfer it
// follows no redirect, sends no cookie or password and asks for no compression.
#pragma once

#include "validator/fetch/program/connector.h"
#include "validator/fetch/program/plain_network.h"
#include "validator/fetch/program/response_reader.h"
#include "validator/fetch/program/speed_watch.h"

namespace jpki::fetch {

class PlainTransfer final : public Transfer {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  PlainTransfer(const Attempt& attempt, const Url& url, const FetchRules& rules, PlainNetwork& network);
  ~PlainTransfer() override;
  PlainTransfer(const PlainTransfer&) = delete;
  PlainTransfer& operator=(const PlainTransfer&) = delete;

  bool ended() const override { return state_ == State::kEnded; }
  Expected<FetchAnswer, FetchError> finish() override { return response_.finish(); }

  // As far as it goes without waiting. `may_connect`: else it stays in the queue if it is there.
  void work(TimePoint now, bool may_connect);
  // Whether it counts among the connections.
  bool is_busy() const { return state_ != State::kQueued && state_ != State::kEnded; }
  bool is_queued() const { return state_ == State::kQueued; }
  void add_to(std::vector<pollfd>& waited_for) const;
  TimePoint next_event() const;

 private:
  enum class State { kQueued, kLookingUp, kConnecting, kSending, kReceiving, kEnded };

  bool step(TimePoint now, bool may_connect);
  bool leave_queue();
  bool take_addresses();
  bool connect(TimePoint now);
  bool send();
  bool receive();
  bool is_late(TimePoint now);
  void end();
  void end(Problem problem);

  Response response_;
  Url url_;
  std::string unsent_;  // head and body
  TimePoint end_;       // of the time it has
  TimePoint connected_by_;
  SpeedWatch speed_;
  State state_ = State::kQueued;
  std::optional<NameLookup> lookup_;
  std::optional<Connector> connector_;
  UniqueFd socket_;
  std::optional<ResponseReader> reader_;
  PlainNetwork& network_;
  PlainNetwork::Place place_;
};

}  // namespace jpki::fetch
