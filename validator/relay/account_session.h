// SPDX-License-Identifier: LGPL-2.1-or-later
//
// AccountSession: one question of a caller without privileges, whether its account may be used, and the
// answer of a jpki-account of ours. The packets are those of base/account_protocol.h on both sides; the
// caller is told about its own account alone, and of that the verdict alone.
#pragma once

#include "base/account_protocol.h"
#include "base/expected.h"
#include "base/unique_fd.h"
#include "validator/relay/ending.h"

#include <chrono>

#include <sys/types.h>

namespace jpki::relay {

struct AccountBounds {
  std::chrono::milliseconds question{5'000};  // from the connection to the question
  std::chrono::milliseconds answer{5'000};    // of jpki-account; as long as pam_jpki.so waits
};

// Who asks, as the kernel and the name service have it.
struct Owner {
  uid_t uid;
  std::string account;
};

// `caller` and `helper` are sockets of packets. jpki-account has been started and waits for its question.
// kAccepted also where the directory does not know the account. Whatever goes wrong lets nobody in.
Ending relay_account(const UniqueFd& caller, const UniqueFd& helper, const Owner& owner,
                     const AccountBounds& bounds);

// What of a caller's question reaches jpki-account. The uid is the kernel's.
Expected<AccountQuestion, Refused> permitted_question(const AccountQuestion& wanted, const Owner& owner);

}  // namespace jpki::relay
