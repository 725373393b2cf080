"""Pages about how AI systems are classified."""
