#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# ./dev upstream: OpenSC as it is in Debian's newest release that can be reached, and with the patches of doc/upstream.
#
#   opensc.sh WORK PATCHES      PATCHES/opensc.series names the patches in their order
#
# Leaves WORK/plain/stage and WORK/patched/stage: libopensc, opensc-pkcs11.so, pkcs11-tool, and of plain also p11test.
# Nothing is installed. What was fetched is fetched once.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
WORK=$1 PATCHES=$2
readonly HERE WORK PATCHES STEP=${3:-all}
# shellcheck source=tests/packages/roots.sh
source "$HERE/roots.sh"

LIBRARIES=/usr/lib/$(gcc -print-multiarch)
readonly LIBRARIES
# What a PKCS#11 module is made of, in the order in which it is linked.
readonly FOLDERS=(common scconf ui pkcs15init sm libopensc pkcs11)
readonly OPTIONS=(--disable-static --disable-strict --disable-man --disable-notify --disable-openpace --disable-readline
  --disable-zlib --disable-autostart-items --enable-pcsc --enable-cmocka)

# Debian's sources are signed; apt checks the tarball. Of a new version the tarball may be there before the rest is.
fetch() {
  local apt=$WORK/apt options
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  printf 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$MIRROR" sid >"$apt/sources.list"
  options=(-q -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State::Lists="$apt/lists"
    -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  (cd "$WORK" && apt-get "${options[@]}" source --download-only --tar-only opensc)
}

# Unpacks into WORK/$1, patched with what follows.
unpack() {
  local sources=$WORK/$1 patch
  shift
  rm -rf "$sources"
  mkdir -p "$sources"
  tar xf "$WORK"/opensc_*.orig.tar.* -C "$sources" --strip-components=1
  for patch in "$@"; do
    (cd "$sources" && patch -p1 <"$PATCHES/$patch") || die "$patch does not apply to $(basename "$WORK"/opensc_*.orig.tar.*)"
  done
}

build() {
  local sources=$WORK/$1 folder
  (cd "$sources" && autoreconf -if && ./configure --quiet --prefix=/usr --libdir="$LIBRARIES" "${OPTIONS[@]}")
  for folder in "${FOLDERS[@]}"; do make -s -C "$sources/src/$folder" -j"$(nproc)"; done
  make -s -C "$sources/src/tools" -j"$(nproc)" pkcs11-tool
  for folder in libopensc pkcs11; do make -s -C "$sources/src/$folder" install-libLTLIBRARIES DESTDIR="$sources/stage"; done
  install -D "$sources/src/tools/.libs/pkcs11-tool" "$sources/stage/usr/bin/pkcs11-tool"
}

build_plain() {
  unpack plain
  build plain
  make -s -C "$WORK/plain/src/tests/p11test" -j"$(nproc)" p11test
  install -D "$WORK/plain/src/tests/p11test/p11test" "$WORK/plain/stage/usr/bin/p11test"
}

build_patched() {
  local series
  mapfile -t series <"$PATCHES/opensc.series"
  unpack patched "${series[@]}"
  build patched
}

# A step is a shell of its own: where its end is looked at, `set -e` would not count.
step() { logged "$WORK/$1.log" "${BASH_SOURCE[0]}" "$WORK" "$PATCHES" "$1"; }

# Again only when what it is made of is another.
made_of() { cat "$@" "${BASH_SOURCE[0]}" "$WORK"/opensc_*.orig.tar.* | sha256sum; }

once() {
  local step=$1 of
  of=$(made_of "${@:2}")
  [[ $(cat "$WORK/$step.of" 2>/dev/null) != "$of" ]] || return 0
  step "$step"
  printf '%s\n' "$of" >"$WORK/$step.of"
}

all() {
  mkdir -p "$WORK"
  compgen -G "$WORK/opensc_*.orig.tar.*" >/dev/null || step fetch
  say "upstream: $(basename "$WORK"/opensc_*.orig.tar.*)"
  once build_plain
  once build_patched "$PATCHES"/opensc*
}

"$STEP"
