"""From history to a registered model: fit, evaluate, gate, track."""
