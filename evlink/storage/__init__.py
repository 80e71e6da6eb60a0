"""What survives a power cut: the state directory, the settings on disk, and the database with its one writer."""
