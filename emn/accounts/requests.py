"""The request of a signed-in person, for views behind `@member` or `@staff`."""

from django.http import HttpRequest

from emn.accounts.models import User


class MemberRequest(HttpRequest):
    """A request whose user is a person, never anonymous."""

    user: User
