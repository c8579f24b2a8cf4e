"""Asking another body's open API for JSON: bounded in time, asked again when it stumbles."""

import logging
from collections.abc import Mapping
from typing import Any

import httpx

logger = logging.getLogger(__name__)


class NoAnswer(Exception):
    """The API does not answer, refuses, or answers with something that is not JSON."""


def get_json(
    url: str, parameters: Mapping[str, str], *, name: str, timeout_s: float, tries: int
) -> Any:
    """Return the answer to a GET, tried again after a break or a 5xx; no redirect is followed.

    `name`: of the API, for the log. Raises NoAnswer.
    """
    for attempt in range(1, tries + 1):
        try:
            response = httpx.get(url, params=parameters, timeout=timeout_s, follow_redirects=False)
            if response.is_server_error and attempt < tries:
                continue
            response.raise_for_status()
            return response.json()
        except httpx.TransportError as error:
            if attempt == tries:
                logger.warning("%s does not answer: %s", name, type(error).__name__)
                raise NoAnswer(name) from error
        except (httpx.HTTPStatusError, ValueError) as error:
            logger.warning("%s refused: %s", name, type(error).__name__)
            raise NoAnswer(name) from error
    raise NoAnswer(name)
