"""From observations to a diagnosis: answers, causes, and the decision tree."""
