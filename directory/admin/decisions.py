"""The buttons and the page of a decision, where the directory’s back office finds them."""

from emn.lib.decisions import Buttons, WithButtons, decision_page

__all__ = ["Buttons", "WithButtons", "decision_page"]
