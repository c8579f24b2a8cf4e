"""Backups of the whole portal: its database and its files, sealed, checked, and brought back."""

from emn.lib.errors import DomainError


class BackupRefused(DomainError):
    """A backup that cannot be written, read or brought back; the sentence says what to do."""
