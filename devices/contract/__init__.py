"""The contract of a disk driver as a suite that its maker can run: `python -m devices.contract --help`."""
