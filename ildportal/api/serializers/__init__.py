"""What each resource looks like in JSON, one file per subject."""
