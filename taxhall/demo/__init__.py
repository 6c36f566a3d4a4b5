"""Demonstration companies, people and disks; refused outside demo settings."""
