"""`make experiment`: whether a flag's variants differ in what people wait for, and by how much."""
