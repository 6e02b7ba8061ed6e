"""What stacks are made of, by role; properties are keyword-only and typed."""
