"""Webhooks: operators' endpoints are told of events by signed requests, each on its own and until it takes them."""
