"""How well free text is understood: phrases and questions that were written down and split before tuning."""
