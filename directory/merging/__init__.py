"""Telling whether two cards are the same: pure, without Django."""
