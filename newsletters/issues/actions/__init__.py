"""What can be done with an issue: each module is one action with one public function."""
