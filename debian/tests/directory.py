# SPDX-License-Identifier: LGPL-2.1-or-later
"""A small Active Directory as an LDIF file: staff1 of the group saimu, and staff2. As a program: on standard output."""

import base64
import struct

DOMAIN = (21, 2153326666, 2176343378, 3404031434)


def octets(attribute: str, value: bytes) -> str:
    return f"{attribute}:: {base64.b64encode(value).decode()}\n"


def sid(*rid: int) -> bytes:
    parts = (*DOMAIN, *rid)
    return bytes((1, len(parts), 0, 0, 0, 0, 0, 5)) + struct.pack(f"<{len(parts)}I", *parts)


def entry(name: str, rid: int, *lines: str) -> str:
    return (f"dn: CN={name},OU=Staff,DC=ad,DC=test\nsAMAccountName: {name}\n" + octets("objectGUID", rid.to_bytes(16, "big"))
            + octets("objectSid", sid(rid)) + "".join(f"{line}\n" for line in lines) + "\n")


def user(name: str, rid: int) -> str:
    return entry(name, rid, "objectClass: user", "userAccountControl: 512", "primaryGroupID: 513")


def group(name: str, rid: int, *members: str) -> str:
    return entry(name, rid, "objectClass: group", "groupType: -2147483646",
                 *(f"member: CN={member},OU=Staff,DC=ad,DC=test" for member in members))


def ldif() -> str:
    return ("dn: DC=ad,DC=test\nobjectClass: domainDNS\n" + octets("objectSid", sid()) + "\n"
            + user("staff1", 1107) + user("staff2", 1108) + group("Domain Users", 513) + group("saimu", 1200, "staff1"))


if __name__ == "__main__":
    print(ldif(), end="")
