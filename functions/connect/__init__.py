"""Opening and closing sockets: sign-in, tickets, the registry of connections."""
