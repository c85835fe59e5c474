"""Every program of examples/ runs as a user runs it, against the simulator."""
