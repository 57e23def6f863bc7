#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Part of `make check`: the tree obeys the dependency rule, and the checker sees a tree that does not.
set -eu
top=${srcdir:-.}
check="${PYTHON3:-python3} $top/tests/arrows/check_arrows.py"

$check "$top"

bad=$(mktemp -d)
trap 'rm -rf "$bad"' EXIT
mkdir -p "$bad/pam_jpki" "$bad/base"
printf '#include "validator/x509/name.h"\n' >"$bad/pam_jpki/wrong.cc"
printf '#include <string>\n' >"$bad/base/right.cc"
if $check "$bad" >"$bad/output"; then
  echo "the checker accepted pam_jpki -> validator/x509"
  exit 1
fi
grep -qF 'pam_jpki/wrong.cc:1: pam_jpki may not include validator/x509/name.h' "$bad/output"
if grep -qF 'base/right.cc' "$bad/output"; then
  echo "the checker found fault with base -> string"
  exit 1
fi

# The table itself: an arrow that goes up a floor, and one from the module to what programs alone may have.
for arrow in "nss_ad/config validator/config" "pam_jpki base/sandbox"; do
  # shellcheck disable=SC2086
  set -- $arrow
  sed "s|\"$1\": (\"base\",|\"$1\": (\"base\", \"$2\",|" "$top/tests/arrows/check_arrows.py" >"$bad/check.py"
  if ${PYTHON3:-python3} "$bad/check.py" "$top" >"$bad/output"; then
    echo "the checker accepted $1 -> $2 in its own table"
    exit 1
  fi
  grep -qE 'an arrow goes up|may include base alone' "$bad/output"
done
