"""Torture of the clear and of issuing on real processes: killed, stopped, torn, swapped, emptied, set back."""
