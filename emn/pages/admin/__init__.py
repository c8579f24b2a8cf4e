"""The pages in the back office."""

from emn.pages.admin import audits, content, menus, redirects

__all__ = ["audits", "content", "menus", "redirects"]
