# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the lab's Active Directory holds: made-up staff, and groups nested in each other in every way that AD allows."""

import base64

from domain_controller import BASE

USERS = 2000
GROUPS = 300
STAFF, GROUP_UNIT, LEAVERS = f"OU=Staff,{BASE}", f"OU=Groups,{BASE}", f"OU=Leavers,{BASE}"
NORMAL, DISABLED, NO_PASSWORD_NEEDED = 0x200, 0x2, 0x40000  # the last: smart card required
SECURITY_GLOBAL, DISTRIBUTION_GLOBAL, SECURITY_LOCAL = -2147483646, 2, -2147483644
SURNAMES = ("佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "Sato", "O'Neil")


def user_name(number: int) -> str:
    return f"staff{number:04d}"


def user_dn(number: int) -> str:
    """Every fifth has a comma in its name, every third no ASCII."""
    name = user_name(number)
    if number % 5 == 0:
        return f"CN=Sato\\, {name},{STAFF}"
    return f"CN={'職員' if number % 3 == 0 else ''}{name},{STAFF}"


def group_name(number: int) -> str:
    return f"group{number:03d}"


def group_dn(number: int) -> str:
    return f"CN={group_name(number)},{GROUP_UNIT}"


def line(attribute: str, value: str) -> str:
    plain = value.isascii() and not value.startswith((" ", ":", "<")) and not value.endswith(" ")
    return f"{attribute}: {value}\n" if plain else f"{attribute}:: {base64.b64encode(value.encode()).decode()}\n"


def entry(dn: str, object_class: str, **attributes: str | int | list[str]) -> str:
    text = line("dn", dn) + line("objectClass", object_class)
    for name, value in attributes.items():
        for one in value if isinstance(value, list) else [value]:
            text += line(name, str(one))
    return text + "\n"


def user(number: int) -> str:
    name = user_name(number)
    control = NORMAL | NO_PASSWORD_NEEDED | (DISABLED if number % 7 == 0 else 0)
    attributes = {"sAMAccountName": name, "userPrincipalName": f"{name}@ad.test", "userAccountControl": control,
                  "altSecurityIdentities": [f"X509:<SKI>{number:040x}"]}
    if number % 4:
        attributes["displayName"] = f"{SURNAMES[number % len(SURNAMES)]} {number}"
    if number % 11 == 0:
        attributes |= {"uidNumber": 20000 + number, "gidNumber": 30000, "loginShell": "/bin/sh",
                       "unixHomeDirectory": f"/srv/home/{name}"}
    if number % 2:
        attributes["altSecurityIdentities"].append(f"X509:<SHA1-PUKEY>{number + 77:040x}")
    return entry(user_dn(number), "user", **attributes)


def members_of(number: int) -> list[str]:
    """A binary tree of groups, some users in each; 0 has more members than a controller sends at once."""
    children = [group_dn(child) for child in (2 * number + 1, 2 * number + 2) if child < GROUPS]
    users = range(200, USERS) if number == 0 else range(number, USERS, 97)
    return children + [user_dn(n) for n in users]


def group(number: int) -> str:
    kind = SECURITY_LOCAL if number % 50 == 49 else SECURITY_GLOBAL
    members = [m for m in members_of(number) if kind == SECURITY_LOCAL or not is_local(m)]
    return entry(group_dn(number), "group", sAMAccountName=group_name(number), groupType=kind, member=members)


def is_local(dn: str) -> bool:
    """A global group may not contain a domain-local one."""
    return any(dn == group_dn(n) for n in range(49, GROUPS, 50))


def contents() -> str:
    """LDIF for ldbadd; what is a member comes first."""
    text = "".join(entry(dn, "organizationalUnit") for dn in (STAFF, GROUP_UNIT, LEAVERS))
    text += "".join(user(n) for n in range(USERS))
    text += "".join(group(n) for n in reversed(range(GROUPS)))
    # Mail only: whoever is in it is in no group that contains it.
    text += entry(f"CN=mail,{GROUP_UNIT}", "group", sAMAccountName="mail-list", groupType=DISTRIBUTION_GLOBAL,
                  member=[user_dn(1), user_dn(2)])
    text += entry(f"CN=over mail,{GROUP_UNIT}", "group", sAMAccountName="over mail", groupType=SECURITY_GLOBAL,
                  member=[f"CN=mail,{GROUP_UNIT}", user_dn(3)])
    text += entry(f"CN=PC1,{STAFF}", "computer", sAMAccountName="PC1$", userAccountControl=4096)
    text += entry(f"CN=contact,{STAFF}", "contact")
    return text


def circle(verb: str) -> str:
    """LDIF that makes ("add") or breaks ("delete") a circle of three groups."""
    text = ""
    for number in (290, 291, 292):
        text += f"dn: {group_dn(number)}\nchangetype: modify\n{verb}: member\nmember: {group_dn(290 + (number - 289) % 3)}\n\n"
    return text
