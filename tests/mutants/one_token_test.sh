#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Part of `make check`: the tool behind ./dev mutants.
set -eu
top=${srcdir:-.}
PYTHONDONTWRITEBYTECODE=1 exec "${PYTHON3:-python3}" "$top/tests/mutants/one_token_test.py" "$top"
