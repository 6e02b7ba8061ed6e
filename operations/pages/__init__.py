"""Pages that are one HTML file: their head and looks, tables, and charts as SVG. Nothing in them is loaded."""
