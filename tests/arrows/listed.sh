#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Part of `make check`: no file is left out of the tarball, and the checker sees one that is.
set -eu
top=${srcdir:-.}
check="${PYTHON3:-python3} $top/tests/arrows/check_listed.py"

$check "$top"

bad=$(mktemp -d)
trap 'rm -rf "$bad"' EXIT
mkdir -p "$bad/tests"
printf 'EXTRA_DIST += tests/one.py\n' >"$bad/tests/Makefile.inc"
touch "$bad/tests/one.py" "$bad/tests/two.py"
if $check "$bad" >"$bad/output"; then
  echo "the checker did not miss tests/two.py"
  exit 1
fi
grep -qF 'tests/two.py' "$bad/output"
if grep -qF 'tests/one.py' "$bad/output"; then
  echo "the checker missed tests/one.py, which is named"
  exit 1
fi
