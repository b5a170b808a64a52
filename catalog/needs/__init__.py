"""Information needs: which datasets count towards them, how far they are met, and what follows from a gap."""
