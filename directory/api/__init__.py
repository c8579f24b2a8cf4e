"""Providers and services, read under /api/v1/."""
