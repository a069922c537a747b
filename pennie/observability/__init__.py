"""What operators see of the product."""
