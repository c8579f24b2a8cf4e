"""The pages as everyone reads them."""
