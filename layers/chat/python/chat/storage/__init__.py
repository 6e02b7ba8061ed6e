"""What is stored, under which keys, and how it is read: above the ports, so the same on AWS and in simulation."""
