"""What happens once: when the addon comes into a database, and when it leaves."""
