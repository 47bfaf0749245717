"""The JSON API of contact points and notices."""
