"""Proofs of the control core: sequences, model check, disturbances, tiers, energy, faults at the board."""
