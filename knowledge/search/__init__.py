"""Match free text: which cause a description fits, which passage answers a question."""
