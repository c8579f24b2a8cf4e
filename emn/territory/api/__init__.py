"""Places and the register, read under /api/v1/."""
