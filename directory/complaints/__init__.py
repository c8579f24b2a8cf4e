"""The rules of complaints: states, clocks, scope, recusal, ballot, public statistics."""
