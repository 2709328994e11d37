"""The funnel looked at closely: of whom, from step to step, why they stopped and which carts those are."""
