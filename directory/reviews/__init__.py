"""Reviews: levels, proofs and the search for arrangements; pure modules without Django."""
