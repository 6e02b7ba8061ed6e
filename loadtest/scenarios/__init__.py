"""What a stage can be put through. Each file is complete in itself: copy one, change it, and give its path."""
