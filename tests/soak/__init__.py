"""Long runs of the whole station loop on simulated time."""
