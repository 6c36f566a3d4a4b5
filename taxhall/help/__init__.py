"""The help centre: what each topic is called and what each failure code means."""
