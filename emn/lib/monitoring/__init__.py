"""What the portal says of its own state: to probes, to a collector of metrics, to the direction."""
