"""What is public and where it stands: queries over pages, the site's tree, references, versions."""
