"""Real faults on real processes, and what they must not change."""
