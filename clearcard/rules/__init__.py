"""Pure calculations and checks of clearcard: no ORM, no clock."""
