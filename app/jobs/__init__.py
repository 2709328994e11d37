"""Periodic work: what there is, whose turn it is, how its turns went; and what a store has paused or asked for by hand.

Knows no rooms: tasks/periodic.py says what is done, the rooms above do it in each store.
"""
