"""What stands behind ./dev: one module for each concern."""
