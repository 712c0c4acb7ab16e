"""Render diagnoses, reports, and answers: Slack blocks, terminal, JSON, and the texts they share."""
