"""The observatory’s figures, read under /api/v1/."""
