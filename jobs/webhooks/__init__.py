"""Events to integrators' servers: signed, sent again, and to nowhere but the internet."""
