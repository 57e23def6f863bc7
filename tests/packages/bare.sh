#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# ./dev bare: verbs as somebody new runs them, each in a fresh root of a Debian release that has git and a clone of this
# work tree's last commit, and nothing else.
#
#   bare.sh WORK [--suite SUITE] [--cached] VERB...      a verb with arguments is one word: 'bench login'
#
# --cached puts ccache into the roots, with a cache that they share; without it each verb compiles all that it needs.
# What a verb says is in WORK/SUITE/bare/VERB.log; a root that failed is kept beside it.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$HERE/../.." && pwd)
readonly HERE TOP
# shellcheck source=tests/packages/needs.sh
source "$HERE/needs.sh"
# shellcheck source=tests/packages/roots.sh
source "$HERE/roots.sh"

suite=$SUITE_HERE work=$1 cached=
shift
while [[ ${1:-} == --* ]]; do
  case $1 in
    --suite) suite=${2:-} && shift 2 ;;
    --cached) cached=yes && shift ;;
    *) die "options: --suite ${SUITES[*]}, --cached" ;;
  esac
done
[[ " ${SUITES[*]} " == *" $suite "* ]] || die "releases: ${SUITES[*]}"
readonly SUITE=$suite CACHED=$cached WORK=$work/$suite
readonly BARE=$WORK/bare

# Runs "$2" by sh in the root $1, which has the machine's network, for apt.
inside() {
  mkdir -p "$WORK/archives/partial" "$BARE/ccache"
  /usr/bin/python3 "$HERE/clean_root.py" --root "$1" --bind "$WORK/archives:/var/cache/apt/archives" --bind "$TOP:/source" \
    --bind "$BARE/ccache:/root/.cache/ccache" --pass-on JPKI_WERROR --pass-on DEB_BUILD_OPTIONS -- sh -euc "$2"
}

# A copy, not a layer: nothing lies over an overlayfs, and `./dev deb` makes layers.
make_root() {
  rm -rf "$1"
  cp -a "$WORK/base" "$1"
  inside "$1" "apt-get -q update; apt-get -q -y --no-install-recommends install git ${CACHED:+ccache}
    git clone -q /source /root/jpki"
}

run_verb() {
  local verb=$1 name=${1// /-} started status=0
  local root=$BARE/$name log=$BARE/$name.log
  logged "$BARE/root.log" make_root "$root"
  started=$(date +%s)
  inside "$root" "cd /root/jpki; ./dev $verb" >"$log" 2>&1 || status=$?
  printf '%s: ./dev %s: exit %s after %s s: %s\n' "$SUITE" "$verb" "$status" $(($(date +%s) - started)) "$(tail -n 1 "$log")"
  ((status)) || rm -rf "$root"
  return "$status"
}

main() {
  local verb failed=0
  (($#)) || die "which verbs?"
  make_base "$SUITE" "$WORK"
  mkdir -p "$BARE"
  for verb in "$@"; do run_verb "$verb" || failed=1; done
  return "$failed"
}

main "$@"
