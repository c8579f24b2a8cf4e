"""The pages in the back office."""

from emn.pages.admin import audits, content, redirects

__all__ = ["audits", "content", "redirects"]
