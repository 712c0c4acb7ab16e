"""Tests of the knowledge and of reasoning with it."""
