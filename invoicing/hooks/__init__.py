"""How news reaches a company's own system: where it may go, what it says, how it is signed and posted."""
