"""Which providers are proposed to a company that described a need, and in which order."""
