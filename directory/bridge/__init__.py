"""The solidarity bridge without Django: numbers, periods, what both sides agree on."""
