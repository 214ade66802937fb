"""The site: pages, API, export and the processes that serve them."""
