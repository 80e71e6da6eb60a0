"""The commands of `evlink`, a file a group; each is a function of its context that returns the exit code."""
