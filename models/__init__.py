"""What each model predicts: population, snapshots, labels, bundle, registry, explaining."""
