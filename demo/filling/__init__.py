"""Fill what the demo's pages have beside their bodies: their own parts, and the words that they share."""
