"""Run a case: plan, observe, reason, compare, revise."""
