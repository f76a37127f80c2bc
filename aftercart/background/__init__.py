"""Everything that runs later: the table of duties and the workers that do them."""
