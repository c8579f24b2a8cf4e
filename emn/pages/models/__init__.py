"""What the pages of the portal are made of."""

from emn.pages.models.audits import AccessibilityAudit
from emn.pages.models.cards import SocialCard
from emn.pages.models.content import Page, PageVersion
from emn.pages.models.menus import MenuEntry
from emn.pages.models.redirects import Redirect

__all__ = ["AccessibilityAudit", "MenuEntry", "Page", "PageVersion", "Redirect", "SocialCard"]
