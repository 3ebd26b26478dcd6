"""What is public, and where: queries over pages, the site's tree, references, versions."""
