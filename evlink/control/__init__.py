"""The control process: connects the board with the compiled core, and outlives the station by a minute."""
