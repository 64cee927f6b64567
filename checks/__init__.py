"""Long checks, each a command of ./dev, in databases of their own."""
