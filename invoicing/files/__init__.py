"""Files of invoices: read from other programs, written for people; knows no rows of the database."""
