#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# source_package.sh DIR: the unpacked Debian source and its .orig.tar.xz into DIR, from the files of this work tree that git
# knows or would know. Equal files make equal archives: names in order, owners and times from the changelog.
set -euo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly TOP
readonly OUT=$1

first_line=$(head -n 1 "$TOP/debian/changelog")
source=${first_line%% *}
version=${first_line#*(}
version=${version%%)*}
upstream=${version%-*}
time=$(sed -n 's/^ -- .*>  //p' "$TOP/debian/changelog" | head -n 1)
configured=$(sed -n 's/^AC_INIT(\[[^]]*\], \[\([^]]*\)\].*/\1/p' "$TOP/configure.ac")
[[ ${upstream%%[+~]*} == "$configured" ]] || {
  echo "debian/changelog says $upstream, configure.ac says $configured" >&2
  exit 1
}

mkdir -p "$OUT"
tar_of() {
  (cd "$TOP" && git -c safe.directory="$TOP" ls-files -z --cached --others --exclude-standard "$@" | while IFS= read -r -d '' name; do
    [[ -e $name || -L $name ]] && printf '%s\0' "$name"
  done | LC_ALL=C sort -z |
    tar --create --null --files-from=- --format=gnu --owner=0 --group=0 --numeric-owner --mode=u+rw,go+r,go-w \
      --mtime="$time" --transform="s,^,$source-$upstream/,S")
}
tar_of -- . ':!debian' | xz -6 >"$OUT/${source}_$upstream.orig.tar.xz"
tar -xJf "$OUT/${source}_$upstream.orig.tar.xz" -C "$OUT"
tar_of -- debian | tar -x -C "$OUT"
printf '%s\n' "$OUT/$source-$upstream"
