"""Files of claims: read, decided and reported."""
