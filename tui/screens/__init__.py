"""The screens: login, the forced new password, the main screen, and the small dialogs over it."""
