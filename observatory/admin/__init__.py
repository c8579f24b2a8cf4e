"""The back office of the observatory, one module a subject."""

from observatory.admin import (
    aid,
    funding,
    indicators,
    micro_surveys,
    open_data,
    publications,
    surveys,
)

__all__ = ["aid", "funding", "indicators", "micro_surveys", "open_data", "publications", "surveys"]
