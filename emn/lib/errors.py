"""The root of the refusals that the portal anticipates."""


class DomainError(Exception):
    """A refusal the user can act on; its message is a French sentence fit to be shown.

    Each service derives its own and raises it; the view puts the sentence in the form.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
