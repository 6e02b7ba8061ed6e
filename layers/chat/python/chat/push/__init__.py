"""Push messages: users who are away are told of what is meant for them, on the devices that they have registered."""
