"""`make forecast`: tomorrow's load from the days before, and capacity that is there before it is needed."""
