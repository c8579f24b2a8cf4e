"""What every resource under /api/v1/ has in common: one way to read, to page, to refuse.

An app writes its resources in `<app>/api/` with `@reads`; `emn/api.py` puts them together.
"""
