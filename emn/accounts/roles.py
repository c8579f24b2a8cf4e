"""What each staff role may do, as data in code: `sync_roles` copies it to Django's groups.

An app grants its own permissions from `AppConfig.ready`:
`roles.grant(Role.RECEPTION, "directory.moderate_provider")`. The director holds every grant.
"""

from collections import defaultdict

from emn.accounts.enums import Role

_grants: dict[Role, set[str]] = defaultdict(set)


def grant(role: Role, *permissions: str) -> None:
    """Let `role` use `permissions`, each «app_label.codename»."""
    for permission in permissions:
        app_label, _dot, codename = permission.partition(".")
        if not (app_label and codename):
            raise ValueError(f"{permission} is not «app_label.codename»")
    _grants[role].update(permissions)


def permissions_of(role: Role) -> frozenset[str]:
    """Return what `role` may do, each «app_label.codename»."""
    if role is Role.DIRECTOR:
        return frozenset().union(*_grants.values())
    return frozenset(_grants[role])
