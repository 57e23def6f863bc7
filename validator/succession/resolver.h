// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The external resolver: a program of the site that knows, or asks somebody who knows, which older
// certificate a certificate stands in place of. What it is told and what it may answer is text (jpki.toml(5),
// "The resolver"):
//
//   on stdin                        on stdout, with exit status 0
//   jpki-succession 1               jpki-succession 1
//   kind jpki-authentication        old X509:<SKI>…      up to kMostOld times; or once:
//   sha256 9f…                      none                 it stands in place of none
//   certificate MIIF…               unknown              not known here
//
// Anything else is a failure: another line, an answer twice, more than kMaxResolverAnswer bytes.
#pragma once

#include "validator/succession/assertion.h"

#include <chrono>

#include <sys/types.h>

namespace jpki::succession {

inline constexpr std::size_t kMaxResolverAnswer = 4096;

std::string resolver_question(const x509::Certificate& certificate, x509::Kind kind);
Answer parse_resolver_answer(std::string_view text);

// Why `program` may not be run; empty: it may.
std::string resolver_defect(const std::string& program, uid_t owner = 0);

// Runs `program`, which must be root's (`owner`) and writable by nobody else, and reads its answer. It gets
// an empty environment, "/" as directory, /dev/null as standard error, no other descriptor and a session of
// its own, and this process's identity and limits. After `timeout`, and always before this returns, it and
// whatever it started is killed and reaped; the caller is a subreaper (PR_SET_CHILD_SUBREAPER) and has no
// other child. So it is when the peer of the socket `starter` (-1: none) is gone.
Answer ask_resolver(const std::string& program, const std::string& question,
                    std::chrono::milliseconds timeout, int starter = -1, uid_t owner = 0);

}  // namespace jpki::succession
