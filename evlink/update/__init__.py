"""Updates: signed packages, two slots to install them into, and the way back where a new version does not come up."""
