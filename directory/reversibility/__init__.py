"""The chest of reversibility: who holds what of a project, and never a secret (mechanics 2.6)."""
