"""What can be done with an issue: each module is one verb with one public function."""
