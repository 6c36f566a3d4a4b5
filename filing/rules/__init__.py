"""Pure calculations and checks of filing: no database, no clock."""
