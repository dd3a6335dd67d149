"""The edge: converts, calls one core function, converts back. No inventory rules live here."""
