"""The observatory’s figures and publications, read under /api/v1/."""
