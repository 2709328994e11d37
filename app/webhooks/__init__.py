"""Telling other systems what happens in a store, by signed HTTP requests (Standard Webhooks 1.0.0).

Rooms above publish; each endpoint that hears of an event gets a delivery of its own, tried until it is taken or given up.
"""
