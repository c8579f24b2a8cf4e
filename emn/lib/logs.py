"""Logs of production: one JSON object a line, identifiers only, no personal data."""

import json
import logging
from datetime import UTC, datetime

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
