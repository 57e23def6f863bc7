#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Bare Debian roots, for what sources this: deb.sh lays its layers over one, bare.sh gives each verb a copy.

readonly MIRROR=${JPKI_DEB_MIRROR:-http://deb.debian.org/debian}
readonly SECURITY=${JPKI_DEB_SECURITY_MIRROR:-http://deb.debian.org/debian-security}

say() { printf '%s\n' "$(basename "$0" .sh): $*"; }

die() {
  say "$*" >&2
  exit 1
}

# logged LOG COMMAND...: what it says goes to LOG, and its end to the screen if it fails.
logged() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    die "failed; all of it is in $log"
  }
}

# make_base SUITE DIR: the release's minbase in DIR/base, once. A new one forgets every layer beside it.
make_base() {
  local suite=$1 dir=$2
  [[ -e $dir/base.made ]] && return
  say "debootstrap $suite into $dir/base"
  rm -rf "$dir/base" "$dir"/{builder,compiler,tester,domain,greeter,sessions,gtklock,gdm}{,.inner,.made}
  mkdir -p "$dir"
  logged "$dir/debootstrap.log" debootstrap --variant=minbase "$suite" "$dir/base" "$MIRROR"
  printf 'deb %s %s main\n' "$MIRROR" "$suite" "$SECURITY" "$suite-security" >"$dir/base/etc/apt/sources.list"
  cp --dereference /etc/resolv.conf "$dir/base/etc/resolv.conf"
  # How this machine reaches its mirror is how the root does.
  find /etc/apt/apt.conf.d -name '99*' -exec cp -t "$dir/base/etc/apt/apt.conf.d" {} +
  printf '#!/bin/sh\nexit 101\n' >"$dir/base/usr/sbin/policy-rc.d"
  chmod 0755 "$dir/base/usr/sbin/policy-rc.d"
  touch "$dir/base.made"
}
