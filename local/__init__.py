"""The deployed application on one machine: emulator, WebSocket gateway, deployment, web page and demo data.

Nothing in here is deployed, and neither the domain nor a function may import it.
"""
