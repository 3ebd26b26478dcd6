"""The Content API: pages as typed JSON for the website that shows them."""
