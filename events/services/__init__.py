"""What can be done with sessions and registrations, one module a subject."""
