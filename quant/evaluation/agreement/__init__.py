"""Two sets of Goh scores of the same slices, paired, compared and reported. Knows no Django and no database."""
