// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ForkGuard: glibc's gettext, its locales and syslog(3) keep locks that fork(2) leaves in the child as they
// were. Held by a thread that the child does not have they are held for ever, and the next login there hangs
// (glibc 2.36 and 2.41: bindtextdomain, newlocale, dgettext, vsyslog). Who calls these holds a ForkGuard
// meanwhile; a fork of the host waits until nobody does. Not to be held while anything else is waited for,
// and not twice by one thread. posix_spawn(3) does not wait: its child calls none of them.
#pragma once

namespace jpki::pam {

class ForkGuard {
 public:
  ForkGuard() noexcept;
  ForkGuard(const ForkGuard&) = delete;
  ForkGuard& operator=(const ForkGuard&) = delete;
  ~ForkGuard();
};

}  // namespace jpki::pam
