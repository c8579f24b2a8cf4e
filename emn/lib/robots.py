"""Whom statistics leave out."""

import re

from django.http import HttpRequest

_ROBOT = re.compile(
    r"bot|crawl|spider|slurp|preview|scan|monitor|headless|lighthouse|curl|wget|python|java/|http",
    re.IGNORECASE,
)


def is_robot(request: HttpRequest) -> bool:
    """Tell whether a request comes from what says it is a robot, or says nothing."""
    agent = request.headers.get("User-Agent", "")
    return not agent or bool(_ROBOT.search(agent))
