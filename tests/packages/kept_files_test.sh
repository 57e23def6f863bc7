#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Part of `make check`: `make install` and `make uninstall` leave alone what an administrator has edited.
set -eu
unset MAKEFLAGS MFLAGS MAKELEVEL
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
run() { make -s "$1" DESTDIR="$root" >"$root/log" 2>&1 || { cat "$root/log"; exit 1; }; }
fail() { echo "kept_files_test: $1" >&2; exit 1; }
kept() { find "$root" -type f ! -path "$root/log" | sort; }

run install-kept-files
files=$(kept)
[ "$(echo "$files" | wc -l)" -ge 4 ] || fail "too few files: $files"
map=$(echo "$files" | grep '/accounts\.map$')
[ "$(stat -c %a "$map")" = 640 ] || fail "others may read the account map"

for file in $files; do echo '# edited' >>"$file"; done
run install-kept-files
for file in $files; do tail -n 1 "$file" | grep -qx '# edited' || fail "an installation overwrote $file"; done
run uninstall-kept-files
[ "$(kept)" = "$files" ] || fail "what was edited was taken away"

for file in $files; do sed -i '$d' "$file"; done
run uninstall-kept-files
[ -z "$(kept)" ] || fail "what is as we ship it was left behind: $(kept)"
