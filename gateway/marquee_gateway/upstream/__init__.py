"""The client side: replicas of services, the connections to them, and calls that survive."""
