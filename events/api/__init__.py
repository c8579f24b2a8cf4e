"""The agenda as a resource of the API."""
