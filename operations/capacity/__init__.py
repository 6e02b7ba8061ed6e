"""What a stage needs for a given crowd: calls, units, quotas and dollars, from the product's own rules of fan-out."""
