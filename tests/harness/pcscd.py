"""A private card service (pcscd) with virtual readers, one per test worker."""
