"""What operators and clients ask about the stage."""
