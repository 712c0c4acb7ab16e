"""Run one plan: budgets, egress policy, the worker process."""
