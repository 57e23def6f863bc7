# SPDX-License-Identifier: LGPL-2.1-or-later
"""jpkictl as an administrator's script runs it: without a terminal. And the shape of what --json prints."""

import os
import subprocess


def jpkictl(*words, language: str = "C.UTF-8", user: str | None = None) -> tuple[int, str, str]:
    argv = ["setsid", "--wait", *(["setpriv", "--reuid", user, "--clear-groups"] if user else []), "jpkictl", *map(str, words)]
    done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120,
                          env=os.environ | {"LANG": language, "LC_ALL": language, "LANGUAGE": ""})
    return done.returncode, done.stdout, done.stderr


def conforms(value, schema) -> bool:
    """A dict has these keys and no others, a list such members; anything else is a type or a tuple of types."""
    if isinstance(schema, dict):
        return isinstance(value, dict) and value.keys() == schema.keys() and all(conforms(value[k], schema[k]) for k in schema)
    if isinstance(schema, list):
        return isinstance(value, list) and all(conforms(one, schema[0]) for one in value)
    return isinstance(value, schema)
