"""Quotes that cover the seven commitments: their parts, what they add up to. Pure modules."""
