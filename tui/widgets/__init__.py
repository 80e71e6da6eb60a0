"""The few widgets of the terminal, each one line high where it can be: lines, fields, bars."""
