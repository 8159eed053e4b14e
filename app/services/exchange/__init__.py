"""Tables from outside: read, map, check, compare, plan, accept."""
