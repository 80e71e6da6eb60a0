"""The boards, what is known of them, and the badge readers; of ours it imports `evlink._core` alone."""
