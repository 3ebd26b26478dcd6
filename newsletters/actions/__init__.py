"""What can be done with a newsletter: each module is one verb with one public function."""
