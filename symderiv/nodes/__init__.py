"""What a computational graph is made of: operations, flat columns, handles, and the views on them."""
