"""What leaf channels hold. Owns `contents`."""
