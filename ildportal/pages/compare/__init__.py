"""Two CTs of one patient side by side: the levels, every number, what may mislead, the lung function of either."""
