"""What makes a grappe, a cluster, and their figures: pure modules, without Django."""
