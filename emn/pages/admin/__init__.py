"""The pages in the back office."""

from emn.pages.admin import audits, content

__all__ = ["audits", "content"]
