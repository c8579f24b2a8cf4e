"""What the pages of the portal are made of."""

from emn.pages.models.audits import AccessibilityAudit
from emn.pages.models.content import Page, PageVersion

__all__ = ["AccessibilityAudit", "Page", "PageVersion"]
