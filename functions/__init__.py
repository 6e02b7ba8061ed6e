"""One package a concern, one module a trigger: event in, one call, reply out."""
