"""From a source to the store: plan, run, materialise, census, replay."""
