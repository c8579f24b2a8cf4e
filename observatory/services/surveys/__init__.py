"""What can be done with a survey, from its frame to its frozen editions."""
