// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Live: what the directory itself says of one account, now. jpki-account asks jpki-account-live for it: one
// packet each over a SOCK_SEQPACKET.
#pragma once

#include "base/bytes.h"
#include "nss_ad/directory/account_state.h"
#include "nss_ad/directory/sid.h"

#include <functional>
#include <optional>
#include <string>

namespace jpki::ad::account {

struct Live {
  enum class Kind : std::uint8_t {
    kUnanswered,  // no answer, or none to rely on: the snapshot decides
    kState,
    kGone,  // the directory has no such account
  };
  Kind kind = Kind::kUnanswered;
  AccountState state;  // kState
  std::string text;    // who answered; kUnanswered: why nobody did
};

// Asks about the account of this SID. Bounded in time; empty: nobody is to be asked.
using AskLive = std::function<Live(const Sid&)>;

inline constexpr std::size_t kMaxLivePacket = 16 * 1024;

// Nothing when it does not fit.
std::optional<Blob> encode_question(const Sid& sid);
std::optional<Sid> decode_question(Bytes packet);
std::optional<Blob> encode_answer(const Live& live);
std::optional<Live> decode_answer(Bytes packet);

}  // namespace jpki::ad::account
