"""From a frozen edition and one person to the mail that goes to them."""
