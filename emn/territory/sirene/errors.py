"""Why a file of the register cannot be read."""

from emn.lib.errors import DomainError


class FileRefused(DomainError):
    """The file as a whole is unfit; nothing of it is taken."""


class RowRejected(DomainError):
    """One line is unfit; the import goes on and reports it."""
