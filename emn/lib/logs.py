"""Logs of production: one JSON object a line, identifiers only, no personal data."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

import psycopg2
from django.db import Error

from emn.lib import request_id


def message_of(record: logging.LogRecord) -> str:
    """Return the message; an address is said as its route, for it may hold somebody's secret."""
    message = record.getMessage()
    request = getattr(record, "request", None)
    path = getattr(request, "path", "")
    if len(path) > 1:
        match = getattr(request, "resolver_match", None)
        message = message.replace(path, f"/{match.route}" if match else "(no route)")
    return message


class JsonFormatter(logging.Formatter):
    """Write time, level, logger, message, request and traceback as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": message_of(record),
        }
        if identifier := request_id.current():
            entry["request_id"] = identifier
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)

    def formatException(self, ei: Any) -> str:  # noqa: N802 -- named by the library
        """Say an error of the database by its code and constraint: its words quote values."""
        text = super().formatException(ei)
        error: BaseException | None = ei[1]
        while error is not None:
            if isinstance(error, Error | psycopg2.Error) and str(error):
                text = text.replace(str(error), _without_values(error))
            error = error.__cause__ or error.__context__
        return text


def _without_values(error: BaseException) -> str:
    source = error if isinstance(error, psycopg2.Error) else error.__cause__
    diagnosis = getattr(source, "diag", None)
    told = [
        getattr(diagnosis, name, None) for name in ("sqlstate", "table_name", "constraint_name")
    ]
    return " ".join(["(values left out)", *(word for word in told if word)])
