"""Pictures: layout, graphs, plots, trees, schematic figures."""
